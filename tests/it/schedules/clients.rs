//! The clients of a schedule: each does its acts, judges every answer by what is known, and notes it.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::act::{Act, Layout, Route};
use super::keys::Repeat;
use super::model::{Effect, Outcome};
use super::reasons::{explains, forbids};
use super::seen::{Request, Seen};
use super::site::{Change, Name, Site, Thing};
use super::world::{Answer, Ask, End, Said, Serves, World, put, with};
use crate::support::{Lab, Reply};

/// How long a job may take: stalled commands, waits for locks and tries again are in it.
const JOB_LIMIT: Duration = Duration::from_secs(150);

/// What all clients know, and what the operator checks in the end.
#[derive(Debug, Default)]
pub struct Memory {
    pub world: Mutex<World>,
    pub site: Mutex<Site>,
    /// The layouts of those volumes into which a file was written.
    pub files: Mutex<BTreeMap<String, Layout>>,
    /// Requests with a key that were not answered.
    pub repeats: Mutex<Vec<Repeat>>,
}

/// One life of the server, as its clients see it.
pub struct Shift<'a> {
    pub lab: &'a Lab,
    pub memory: &'a Memory,
    /// Requests that were sent.
    pub begun: &'a AtomicUsize,
    /// Whether a client has found nobody there.
    pub is_over: &'a AtomicBool,
    /// Whether nothing is there that could make anything fail.
    pub is_calm: bool,
}

/// A client at one of its acts.
pub struct Client<'a> {
    pub shift: &'a Shift<'a>,
    routes: &'static [Route],
}

impl Serves for Lab {
    fn request(&self, ask: &Ask) -> Option<Answer> {
        let body = (!ask.body.is_null()).then(|| ask.body.to_string());
        let key: Vec<(&str, &str)> = ask.key.iter().map(|key| ("Idempotency-Key", key.as_str())).collect();
        self.try_send(ask.method, &ask.path, &key, body.as_deref().map(str::as_bytes)).ok().map(answered)
    }

    fn end_of(&self, job: &str) -> End {
        let begun = Instant::now();
        loop {
            match self.try_send("GET", job, &[("Accept", "application/problem+json")], None) {
                Err(_) => return End::Nobody,
                Ok(reply) if reply.status != 200 => return End::Answer(answered(reply)),
                Ok(reply) if begun.elapsed() > JOB_LIMIT => return End::Never(reply.step),
                Ok(_) => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }
}

fn answered(reply: Reply) -> Answer {
    Answer { status: reply.status, location: reply.location, text: reply.text }
}

impl Memory {
    pub fn world<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        with(&self.world, change)
    }

    pub fn site<T>(&self, change: impl FnOnce(&mut Site) -> T) -> T {
        change(&mut self.site.lock().unwrap())
    }

    pub fn wrong(&self, text: String) {
        self.world(|world| world.wrong.push(text));
    }
}

impl Request {
    /// A request to one object by its id, or to all of a kind.
    pub fn new(route: Route, id: &str, body: Value) -> Request {
        let path = route.1.replace("{id}", id);
        let ask = Ask { method: route.0, path, body, key: None, effect: Effect::Move, is_block: false };
        Request { route, ask, volume: None, thing: None, changes: Vec::new(), reuses_key: false, bricks: 0 }
    }

    /// One that is made already.
    pub fn of(route: Route, ask: Ask, volume: &str) -> Request {
        let volume = Some(volume.to_owned());
        Request { route, ask, volume, thing: None, changes: Vec::new(), reuses_key: false, bricks: 0 }
    }

    pub fn about(self, thing: &Name) -> Request {
        Request { thing: Some(thing.clone()), ..self }
    }

    pub fn changing(self, changes: Vec<Change>) -> Request {
        Request { changes, ..self }
    }
}

impl Shift<'_> {
    /// Does these acts until the server is gone.
    pub fn work(&self, acts: &[Act]) {
        for act in acts {
            if self.is_over.load(Ordering::Relaxed) {
                return;
            }
            Client { shift: self, routes: act.routes() }.act(*act);
        }
    }

    /// Sends a request, waits for what becomes of it, judges and notes that.
    pub fn ask(&self, request: &Request) -> Said {
        let Memory { world, site, .. } = self.memory;
        self.begun.fetch_add(1, Ordering::Relaxed);
        let before =
            request.thing.as_ref().and_then(|name| self.memory.site(|site| site.things.get(name).cloned()));
        let since = Instant::now();
        let span = self.memory.site(|site| site.begin(request.route, gib_of(&request.ask), &request.changes));
        let sizes = self.memory.world(|world| Repeat::sizes(world, request));
        let (mut said, never) = put(self.lab, &request.ask);
        if said.answer.is_none() {
            self.is_over.store(true, Ordering::Relaxed);
        }
        said.goes_on = said.goes_on && (said.answer.is_none() || self.is_left(&said));
        let (mut world, mut site) = (world.lock().unwrap(), site.lock().unwrap());
        let seen = Seen {
            world: &world,
            site: &site,
            request,
            since,
            span,
            before: before.as_ref(),
            is_calm: self.is_calm,
            is_job: said.job.is_some(),
        };
        let wrong = judge(&seen, &said);
        world.wrong.extend(never.into_iter().chain(wrong));
        world.note(&request.ask, &said);
        site.end(span, &request.changes, &said);
        if said.answer.is_none() && request.ask.key.is_some() {
            let repeat = Repeat { request: request.clone(), job: said.job.clone(), sizes };
            self.memory.repeats.lock().unwrap().push(repeat);
        }
        said
    }
}

fn gib_of(ask: &Ask) -> u64 {
    match &ask.effect {
        Effect::Create { sizes, .. } => sizes.iter().next_back().copied().unwrap_or_default(),
        Effect::Expand { by, .. } => *by,
        Effect::Resize { .. } | Effect::Delete { .. } | Effect::Move => 0,
    }
}

/// What is wrong with an answer.
pub fn judge(seen: &Seen, said: &Said) -> Option<String> {
    let ask = &seen.request.ask;
    let answer = said.answer.as_ref()?;
    match said.outcome {
        Outcome::Done { .. } => {
            forbids(seen).map(|why| format!("{ask} was done where it must be refused: {why}"))
        }
        Outcome::Refused | Outcome::Failed { .. } if !explains(seen, answer.status, &answer.text) => {
            let how = if seen.is_job { "failed" } else { "was refused" };
            Some(format!("{ask} {how} without a reason that is known: {} {}", answer.status, answer.text))
        }
        _ => None,
    }
}

impl Client<'_> {
    fn act(&self, act: Act) {
        match act {
            Act::Create { gib, layout, with } => self.create(gib, layout, with),
            Act::CreateTaken { which } => self.create_taken(which),
            Act::CreateHosting { gib } => self.create_hosting(gib),
            Act::Expand { which, gib, keyed } => self.expand(which, gib, keyed),
            Act::Delete { which } => self.delete(which),
            Act::Clone { which, keyed } => self.clone_volume(which, keyed),
            Act::Evict { which, brick } => self.evict(which, brick),
            Act::CreateBlock { gib, with } => self.create_block(gib, with),
            Act::ExpandBlock { which, gib, keyed } => self.expand_block(which, gib, keyed),
            Act::DeleteBlock { which } => self.delete_block(which),
            Act::Restrict { which, locked } => self.restrict(which, locked),
            Act::Drain { which } => self.drain(which),
            Act::Resync { which } => self.resync(which),
            Act::AddDevice { which, tagged } => self.add_device(which, tagged),
            Act::DeviceState { which, state } => self.set_device_state(which, state),
            Act::TagDevice { which, tagging } => self.tag_device(which, tagging),
            Act::DeleteDevice { which } => self.delete_device(which),
            Act::RemoveDevice { which } => self.remove_device(which),
            Act::AddNode { which, tagged } => self.add_node(which, tagged),
            Act::NodeState { which, state } => self.set_node_state(which, state),
            Act::TagNode { which, tagging } => self.tag_node(which, tagging),
            Act::DeleteNode { which } => self.delete_node(which),
            Act::RemoveNode { which } => self.remove_node(which),
            Act::AddCluster { flags } => self.add_cluster(flags),
            Act::SetFlags { which, flags } => self.set_flags(which, flags),
            Act::DeleteCluster { which } => self.delete_cluster(which),
            Act::CleanUp => self.clean_up(),
            Act::SetLogLevel { debug } => self.set_log_level(debug),
            Act::SetAdminState { local } => self.set_admin_state(local),
        }
    }

    /// Sends a request of this act.
    pub fn ask(&self, request: &Request) -> Said {
        let Request { route, ask, .. } = request;
        if !self.routes.contains(route) {
            self.shift.memory.wrong(format!("{ask} is no request of its act: {:?}", self.routes));
        }
        self.shift.ask(request)
    }

    /// The same for what must have happened for anything else to be asked.
    pub fn does(&self, request: &Request) -> bool {
        matches!(self.ask(request).outcome, Outcome::Done { .. })
    }

    /// Reads something; nothing where nobody is there.
    pub fn get(&self, path: &str) -> Option<Reply> {
        self.shift.lab.try_send("GET", path, &[], None).ok()
    }

    pub fn world<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        self.shift.memory.world(change)
    }

    pub fn site<T>(&self, change: impl FnOnce(&mut Site) -> T) -> T {
        self.shift.memory.site(change)
    }

    /// A thing as it is known now.
    pub fn thing(&self, name: &Name) -> Thing {
        self.site(|site| site.things.get(name).cloned().unwrap_or_else(Thing::missing))
    }
}
