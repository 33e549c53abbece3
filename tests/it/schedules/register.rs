//! What something may be at a time, as far as answers tell: one value where they do, several where a change is under way or
//! was never answered.

use std::time::Instant;

use serde_json::Value;

#[derive(Debug, Clone)]
struct Held {
    value: Value,
    /// None while it may be so.
    until: Option<Instant>,
}

/// The values that were, and that may be now.
#[derive(Debug, Clone)]
pub struct Register(Vec<Held>);

impl Register {
    pub fn of(value: Value) -> Register {
        Register(vec![Held { value, until: None }])
    }

    /// A change to this value is sent.
    pub fn begin(&mut self, value: &Value) {
        if !self.now().any(|held| held == value) {
            self.0.push(Held { value: value.clone(), until: None });
        }
    }

    /// It is this from now on.
    pub fn settle(&mut self, value: &Value) {
        self.begin(value);
        let others = self.0.iter_mut().filter(|held| held.until.is_none() && held.value != *value);
        others.for_each(|held| held.until = Some(Instant::now()));
    }

    /// A change to this value was refused.
    pub fn cancel(&mut self, value: &Value) {
        if self.sure().is_none() {
            self.0.retain(|held| held.until.is_some() || held.value != *value);
        }
    }

    /// What it may be now.
    pub fn now(&self) -> impl Iterator<Item = &Value> {
        self.0.iter().filter(|held| held.until.is_none()).map(|held| &held.value)
    }

    /// What it is, where that is known.
    pub fn sure(&self) -> Option<&Value> {
        let mut now = self.now();
        now.next().filter(|_| now.next().is_none())
    }

    /// Whether it may have been this at some time since then.
    pub fn may(&self, since: Instant, value: &Value) -> bool {
        self.since(since).any(|held| held == value)
    }

    /// Whether it was this and nothing else all the time since then.
    pub fn must(&self, since: Instant, value: &Value) -> bool {
        self.since(since).all(|held| held == value)
    }

    fn since(&self, since: Instant) -> impl Iterator<Item = &Value> {
        let overlaps = move |held: &&Held| held.until.is_none_or(|until| until >= since);
        self.0.iter().filter(overlaps).map(|held| &held.value)
    }
}

#[test]
fn a_register_knows_what_may_have_been_meanwhile() {
    let (on, off) = (Value::from("on"), Value::from("off"));
    let mut register = Register::of(on.clone());
    let first = Instant::now();
    assert!(register.must(first, &on) && !register.may(first, &off));
    register.begin(&off);
    assert!(register.may(first, &on) && register.may(first, &off) && register.sure().is_none());
    register.cancel(&off);
    assert_eq!(register.sure(), Some(&on));
    register.begin(&off);
    register.settle(&off);
    assert!(register.may(first, &on) && !register.must(first, &off));
    std::thread::sleep(std::time::Duration::from_millis(1));
    let second = Instant::now();
    assert!(register.must(second, &off) && !register.may(second, &on));
}
