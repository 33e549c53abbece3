//! Compares recorded values with observed ones, and learns which id each placeholder stands for.
//!
//! Where order does not count the pairs have to be searched for: what is certain binds ids first, then the
//! element with the fewest partners left is tried with each of them.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use anyhow::{Result, bail};
use serde_json::{Map, Value};

use super::template::{Template, fill, is_template};

/// Tries before a comparison is given up.
const MAX_TRIES: usize = 100_000;

/// How a list is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Any order.
    Set,
    /// Any pairing, but the observed list ascends by id.
    Sorted,
    /// Host names, in the order of the ids of their nodes.
    NodeId,
}

/// Where a value stands: the names of the field around and of its own.
#[derive(Clone, Copy, Default)]
pub struct Place<'v> {
    parent: &'v str,
    field: &'v str,
}

impl<'v> Place<'v> {
    pub fn inside(self, field: &'v str) -> Place<'v> {
        Place { parent: self.field, field }
    }
}

/// One of what is paired up: an element of a list, or an entry of an object whose keys are ids.
#[derive(Clone, Copy)]
enum Item<'v> {
    Element(&'v Value),
    Entry(&'v str, &'v Value),
}

struct Pair<'v> {
    expected: Item<'v>,
    actual: Item<'v>,
    place: Place<'v>,
}

/// Two lists of equal length whose pairs are not known yet.
#[derive(Clone)]
struct Unpaired<'v> {
    expected: Vec<Item<'v>>,
    actual: Vec<Item<'v>>,
    place: Place<'v>,
}

/// The names known so far; one to one.
#[derive(Default)]
pub struct Matcher {
    orders: BTreeMap<String, Order>,
    id_of: BTreeMap<String, String>,
    name_of: BTreeMap<String, String>,
    node_of_host: BTreeMap<String, String>,
    bound: Vec<(String, String)>,
    tries: usize,
    templates: RefCell<HashMap<String, Rc<Template>>>,
}

impl Matcher {
    pub fn new(orders: &Value) -> Result<Matcher> {
        let mut matcher = Matcher::default();
        for (field, order) in orders.as_object().unwrap_or(&Map::new()) {
            let order = match order.as_str() {
                Some("set") => Order::Set,
                Some("sorted") => Order::Sorted,
                Some("node-id") => Order::NodeId,
                _ => bail!("{order} is no order"),
            };
            matcher.orders.insert(field.clone(), order);
        }
        Ok(matcher)
    }

    /// Whether the two agree; if so, their ids have names from now on.
    pub fn agrees(&mut self, expected: &Value, actual: &Value) -> bool {
        self.bound.clear();
        self.tries = 0;
        let (expected, actual) = (Item::Element(expected), Item::Element(actual));
        self.solve(vec![Pair { expected, actual, place: Place::default() }], Vec::new())
    }

    /// Whether the two agree by themselves: no name is known before or after.
    pub fn agrees_alone(&mut self, expected: &Value, actual: &Value) -> bool {
        let known = (std::mem::take(&mut self.id_of), std::mem::take(&mut self.name_of));
        let agrees = self.agrees(expected, actual);
        (self.id_of, self.name_of) = known;
        agrees
    }

    /// Remembers the nodes of storage host names, for lists that are in the order of node ids.
    pub fn learn_hosts(&mut self, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.learn_hosts(item)),
            Value::Object(fields) => {
                let host = value.pointer("/hostnames/storage/0").and_then(Value::as_str);
                if let (Some(host), Some(id)) = (host, fields.get("id").and_then(Value::as_str)) {
                    self.node_of_host.insert(host.to_owned(), id.to_owned());
                }
                fields.values().for_each(|field| self.learn_hosts(field));
            }
            _ => {}
        }
    }

    /// What is sent: names become the ids they stand for.
    pub fn filled(&self, value: &Value) -> Result<Value> {
        Ok(match value {
            Value::String(text) => Value::String(self.filled_text(text)?),
            Value::Array(items) => {
                Value::Array(items.iter().map(|item| self.filled(item)).collect::<Result<_>>()?)
            }
            Value::Object(fields) => {
                let fill =
                    |(name, field): (&String, &Value)| Ok((self.filled_text(name)?, self.filled(field)?));
                Value::Object(fields.iter().map(fill).collect::<Result<_>>()?)
            }
            other => other.clone(),
        })
    }

    pub fn filled_text(&self, text: &str) -> Result<String> {
        fill(text, |name| self.id_of.get(name).cloned())
            .map_err(|name| anyhow::anyhow!("@{{{name}}} is used before an answer has shown it"))
    }

    /// The name of an id.
    pub fn name(&self, id: &str) -> Option<&str> {
        self.name_of.get(id).map(String::as_str)
    }

    pub fn order(&self, place: Place<'_>) -> Option<Order> {
        let long = self.orders.get(&format!("{}.{}", place.parent, place.field));
        long.or_else(|| self.orders.get(place.field)).copied()
    }

    /// Whether the two could agree as far as is known, each part by itself. Binds nothing.
    pub fn possible<'v>(&self, expected: &'v Value, actual: &'v Value, place: Place<'v>) -> bool {
        match (expected, actual) {
            (Value::String(text), _) => {
                self.ids(text, actual).is_some_and(|ids| ids.iter().all(|(name, id)| self.fits(name, id)))
            }
            (Value::Object(wanted), Value::Object(found)) => {
                let fits = |(name, field): (&'v String, &'v Value)| {
                    is_template(name) || self.possible(field, &found[name], place.inside(name))
                };
                same_fields(wanted, found) && wanted.iter().all(fits)
            }
            (Value::Array(wanted), Value::Array(found)) => {
                let mut pairs = wanted.iter().zip(found);
                wanted.len() == found.len()
                    && (self.order(place).is_some() || pairs.all(|(e, a)| self.possible(e, a, place)))
            }
            _ => expected == actual,
        }
    }

    fn solve<'v>(&mut self, mut todo: Vec<Pair<'v>>, mut unpaired: Vec<Unpaired<'v>>) -> bool {
        let mark = self.bound.len();
        while let Some(pair) = todo.pop() {
            if !self.step(&pair, &mut todo, &mut unpaired) {
                self.undo(mark);
                return false;
            }
        }
        unpaired.retain(|lists| !lists.expected.is_empty());
        // Bare texts say least: they come when the objects have bound the ids.
        let Some(next) = (0..unpaired.len()).min_by_key(|at| unpaired[*at].hardness()) else { return true };
        let lists = unpaired.swap_remove(next);
        let (index, partners) = self.fewest_partners(&lists);
        for partner in partners {
            self.tries += 1;
            if self.tries > MAX_TRIES {
                break;
            }
            let mut rest = lists.clone();
            let (expected, actual) = (rest.expected.remove(index), rest.actual.remove(partner));
            let others = unpaired.iter().cloned().chain([rest]).collect();
            if self.solve(vec![Pair { expected, actual, place: lists.place }], others) {
                return true;
            }
        }
        self.undo(mark);
        false
    }

    fn fewest_partners(&self, lists: &Unpaired<'_>) -> (usize, Vec<usize>) {
        let partners = |expected: &Item<'_>| -> Vec<usize> {
            let fits = |at: &usize| self.possible_items(*expected, lists.actual[*at], lists.place);
            (0..lists.actual.len()).filter(fits).collect()
        };
        let all = lists.expected.iter().map(partners).enumerate();
        all.min_by_key(|(_, partners)| partners.len()).unwrap_or_default()
    }

    fn possible_items(&self, expected: Item<'_>, actual: Item<'_>, place: Place<'_>) -> bool {
        match (expected, actual) {
            (Item::Element(expected), Item::Element(actual)) => self.possible(expected, actual, place),
            (Item::Entry(name, expected), Item::Entry(key, actual)) => {
                let key = Value::from(key);
                self.possible(&Value::from(name), &key, place) && self.possible(expected, actual, place)
            }
            _ => false,
        }
    }

    /// Looks at one pair: binds its ids, and adds what is inside to what is to be done.
    fn step<'v>(
        &mut self,
        pair: &Pair<'v>,
        todo: &mut Vec<Pair<'v>>,
        unpaired: &mut Vec<Unpaired<'v>>,
    ) -> bool {
        let (expected, actual) = match (pair.expected, pair.actual) {
            (Item::Element(expected), Item::Element(actual)) => (expected, actual),
            (Item::Entry(name, expected), Item::Entry(key, actual)) if self.bind(name, &Value::from(key)) => {
                (expected, actual)
            }
            _ => return false,
        };
        match (expected, actual) {
            (Value::String(text), _) => self.bind(text, actual),
            (Value::Object(wanted), Value::Object(found)) if same_fields(wanted, found) => {
                open_object(wanted, found, pair.place, todo, unpaired);
                true
            }
            (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => {
                let (wanted, found) = (wanted.iter().map(Item::Element), found.iter().map(Item::Element));
                match self.order(pair.place) {
                    None => {
                        let pairs = wanted.zip(found);
                        todo.extend(pairs.map(|(expected, actual)| Pair {
                            expected,
                            actual,
                            place: pair.place,
                        }));
                        true
                    }
                    Some(order) => {
                        let (expected, found) = (wanted.collect(), found.collect());
                        unpaired.push(Unpaired { expected, actual: found, place: pair.place });
                        self.is_in_order(order, actual)
                    }
                }
            }
            _ => expected == actual,
        }
    }

    fn is_in_order(&self, order: Order, list: &Value) -> bool {
        let items = list.as_array().into_iter().flatten();
        match order {
            Order::Set => true,
            Order::Sorted => items.map(id_of_item).is_sorted(),
            Order::NodeId => {
                let nodes: Option<Vec<&String>> =
                    items.map(|host| host.as_str().and_then(|host| self.node_of_host.get(host))).collect();
                // A host that no answer has shown says nothing about the order.
                nodes.is_none_or(|nodes| nodes.is_sorted())
            }
        }
    }

    /// The ids that names in a text stand for, if the observed value fits it.
    fn ids(&self, text: &str, actual: &Value) -> Option<Vec<(String, String)>> {
        match (text, actual) {
            ("@{any}", _) => Some(Vec::new()),
            ("@{int}", Value::Number(number)) if !number.is_f64() => Some(Vec::new()),
            (_, Value::String(found)) if !is_template(text) => (text == found).then(Vec::new),
            (_, Value::String(found)) => self.template(text).ids(found),
            _ => None,
        }
    }

    fn template(&self, text: &str) -> Rc<Template> {
        let mut templates = self.templates.borrow_mut();
        Rc::clone(templates.entry(text.to_owned()).or_insert_with(|| Rc::new(Template::new(text))))
    }

    fn fits(&self, name: &str, id: &str) -> bool {
        self.id_of.get(name).is_none_or(|known| known == id)
            && self.name_of.get(id).is_none_or(|known| known == name)
    }

    fn bind(&mut self, text: &str, actual: &Value) -> bool {
        let Some(ids) = self.ids(text, actual) else { return false };
        for (name, id) in ids {
            if !self.fits(&name, &id) {
                return false;
            }
            if self.id_of.insert(name.clone(), id.clone()).is_none() {
                self.name_of.insert(id.clone(), name.clone());
                self.bound.push((name, id));
            }
        }
        true
    }

    fn undo(&mut self, mark: usize) {
        for (name, id) in self.bound.drain(mark..) {
            self.id_of.remove(&name);
            self.name_of.remove(&id);
        }
    }
}

impl Unpaired<'_> {
    fn hardness(&self) -> (bool, usize) {
        let bare = matches!(self.expected.first(), Some(Item::Element(Value::String(_))));
        (bare, self.expected.len())
    }
}

/// Fields with fixed names are pairs; those with ids as names have to be paired up.
fn open_object<'v>(
    wanted: &'v Map<String, Value>,
    found: &'v Map<String, Value>,
    place: Place<'v>,
    todo: &mut Vec<Pair<'v>>,
    unpaired: &mut Vec<Unpaired<'v>>,
) {
    let (by_id, fixed): (Vec<_>, Vec<_>) = wanted.iter().partition(|(name, _)| is_template(name));
    for (name, expected) in fixed {
        let (expected, actual) = (Item::Element(expected), Item::Element(&found[name]));
        todo.push(Pair { expected, actual, place: place.inside(name) });
    }
    if !by_id.is_empty() {
        let expected = by_id.into_iter().map(|(name, value)| Item::Entry(name, value)).collect();
        let left = found.iter().filter(|(name, _)| !wanted.contains_key(*name));
        let actual = left.map(|(name, value)| Item::Entry(name, value)).collect();
        unpaired.push(Unpaired { expected, actual, place: place.inside("") });
    }
}

/// Whether all fixed names are there, and as many others as there are ids.
fn same_fields(wanted: &Map<String, Value>, found: &Map<String, Value>) -> bool {
    wanted.len() == found.len() && wanted.keys().all(|name| is_template(name) || found.contains_key(name))
}

fn id_of_item(item: &Value) -> &str {
    let id = item.get("id").or_else(|| item.get("Id")).unwrap_or(item);
    id.as_str().unwrap_or_default()
}

#[cfg(test)]
#[path = "matcher_tests.rs"]
mod tests;
