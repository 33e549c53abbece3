//! What clients do with volumes and block volumes.

use mortar::api::{BlockVolumeInfo, VolumeInfo};
use mortar::executor::sim::Action;
use serde_json::{Value, json};

use super::act::{BlockWith, Layout, Route, With};
use super::clients::Client;
use super::model::{Effect, Known, Outcome, Shown};
use super::seen::Request;
use super::site::{Change, ShownThing, Thing, What};
use super::world::{self, Ask, Said};

const VOLUMES: Route = ("POST", "/volumes");

/// A block volume as the model knows it.
pub fn shown_block(block: BlockVolumeInfo) -> Shown {
    let auth = !block.blockvolume.username.is_empty();
    let traits = json!({"hosts": block.hacount, "auth": auth});
    Shown { size: u64::try_from(block.size).unwrap_or_default(), name: block.name, id: block.id, traits }
}

impl Client<'_> {
    pub fn create(&self, gib: u64, layout: Layout, with: With) {
        let name = self.world(|world| world.fresh("v"));
        let mut ask = world::create(&name, gib, layout, with);
        ask.key = with.keyed.then(|| format!("key of {name}"));
        let said = self.keyed(&Request::of(VOLUMES, ask.clone(), &name));
        if let Outcome::Done { id: Some(id) } = &said.outcome {
            let Some(volume) = self.look(&name, id, gib, &ask) else { return };
            let node = volume.bricks.first().and_then(|brick| self.get(&format!("/nodes/{}", brick.node)));
            // One that is leaving has no volumes to write into.
            let Some(node) = node.filter(|node| node.status == 200).map(|node| node.json()) else { return };
            let host = node["hostnames"]["manage"][0].as_str().unwrap_or_default();
            self.shift.lab.on(host, Action::WriteFile { volume: name.clone(), name: name.clone() });
            self.shift.memory.files.lock().unwrap().insert(name, layout);
        }
    }

    /// What was acknowledged is there for whoever asks, at once.
    fn look(&self, name: &str, id: &str, gib: u64, ask: &Ask) -> Option<VolumeInfo> {
        // Somebody may have deleted or expanded it already.
        let reply = self.get(&format!("/volumes/{id}")).filter(|reply| reply.status != 404)?;
        let volume = serde_json::from_value::<VolumeInfo>(reply.json()).unwrap_or_default();
        let found = world::shown(volume.clone());
        let is_so = matches!(&ask.effect, Effect::Create { traits, .. } if *traits == found.traits);
        if !is_so || found.name != name || found.size < gib {
            self.shift.memory.wrong(format!("{ask} was done, and is shown as {reply:?}"));
        }
        Some(volume)
    }

    pub fn create_taken(&self, which: usize) {
        self.on_volume(which, |name, _| {
            let mut ask = world::create(name, 1, Layout::Replica3, With::default());
            // Nothing becomes of it: what has the name stays what it is.
            ask.effect = Effect::Move;
            Some(Request::of(VOLUMES, ask, name))
        });
    }

    pub fn create_hosting(&self, gib: u64) {
        let name = self.world(|world| world.fresh("h"));
        let durability = json!({"type": "replicate", "replicate": {"replica": 3}});
        let body = json!({"name": name, "size": gib, "durability": durability, "block": true});
        self.ask(&Request::of(VOLUMES, world::made(&name, gib, &body), &name));
    }

    pub fn create_block(&self, gib: u64, with: BlockWith) {
        let name = self.world(|world| world.fresh("b"));
        let mut body = json!({"size": gib, "name": name, "auth": with.auth});
        if with.hosts > 0 {
            body["hacount"] = json!(with.hosts);
        }
        let traits = json!({"hosts": body["hacount"], "auth": with.auth});
        let effect = Effect::Create { name: name.clone(), sizes: [gib].into(), traits };
        let mut request = Request::new(("POST", "/blockvolumes"), "", body);
        request.ask = Ask { effect, is_block: true, ..request.ask };
        request.ask.key = with.keyed.then(|| format!("key of {name}"));
        request.volume = Some(name);
        self.keyed(&request);
    }

    pub fn expand(&self, which: usize, gib: u64, keyed: bool) {
        let key = self.key(keyed);
        self.on_volume(which, |name, known| {
            let ask = Ask { key, ..world::expand(name, known, gib) };
            let volume = self.get(&format!("/volumes/{}", known.id.as_ref()?))?.json();
            let bricks = volume["bricks"].as_array().map_or(0, Vec::len);
            Some(Request { bricks, ..Request::of(("POST", "/volumes/{id}/expand"), ask, name) })
        });
    }

    pub fn delete(&self, which: usize) {
        let said = self.on_volume(which, |name, known| {
            Some(Request::of(("DELETE", "/volumes/{id}"), world::delete(name, known, false), name))
        });
        self.is_gone(said);
    }

    pub fn delete_block(&self, which: usize) {
        let said = self.on_block(which, |name, known| {
            Request::of(("DELETE", "/blockvolumes/{id}"), world::delete(name, known, true), name)
        });
        self.is_gone(said);
    }

    /// What was told to be deleted is there for nobody.
    fn is_gone(&self, said: Option<(Request, Said)>) {
        let Some((Request { ask, .. }, Said { outcome: Outcome::Done { .. }, .. })) = said else { return };
        if let Some(reply) = self.get(&ask.path).filter(|reply| reply.status != 404) {
            self.shift.memory.wrong(format!("{ask} was done, and it is shown as {reply:?}"));
        }
    }

    pub fn clone_volume(&self, which: usize, keyed: bool) {
        let copy = self.world(|world| world.fresh("c"));
        let key = self.key(keyed);
        self.on_volume(which, |name, known| {
            let (sizes, traits) = (known.sizes.clone(), known.traits.clone());
            let effect = Effect::Create { name: copy.clone(), sizes, traits };
            let id = known.id.as_deref()?;
            let mut request = Request::new(("POST", "/volumes/{id}/clone"), id, json!({"name": copy}));
            (request.ask.effect, request.ask.key, request.volume) = (effect, key, Some(name.to_owned()));
            Some(request)
        });
    }

    pub fn evict(&self, which: usize, brick: usize) {
        self.on_volume(which, |name, known| {
            let volume = self.get(&format!("/volumes/{}", known.id.as_ref()?))?.json();
            let bricks = volume["bricks"].as_array()?;
            let brick = bricks.get(brick.checked_rem(bricks.len())?)?["id"].as_str()?;
            let request = Request::new(("POST", "/bricks/to-evict/{id}"), brick, json!({}));
            Some(Request { volume: Some(name.to_owned()), ..request })
        });
    }

    pub fn expand_block(&self, which: usize, gib: u64, keyed: bool) {
        let key = self.key(keyed);
        self.on_block(which, |name, known| {
            let to = known.most() + gib;
            let id = known.id.as_deref().unwrap_or_default();
            let mut request =
                Request::new(("POST", "/blockvolumes/{id}/expand"), id, json!({"new_size": to}));
            let effect = Effect::Resize { name: name.to_owned(), to };
            request.ask = Ask { effect, key, is_block: true, ..request.ask };
            Request { volume: Some(name.to_owned()), ..request }
        });
    }

    /// Locks or unlocks one of all volumes: one that hosts no block volumes refuses.
    pub fn restrict(&self, which: usize, locked: bool) {
        let Some(list) = self.get("/volumes") else { return };
        let list = list.json();
        let ids = list["volumes"].as_array().cloned().unwrap_or_default();
        let infos = ids.iter().filter_map(|id| self.get(&format!("/volumes/{}", id.as_str()?)));
        let hosting: Vec<Value> =
            infos.map(|info| info.json()).filter(|info| info["block"] == true).collect();
        let Some(chosen) = which.checked_rem(hosting.len()).and_then(|at| hosting.get(at)) else { return };
        let id = chosen["id"].as_str().unwrap_or_default();
        let name = (What::Hosting, id.to_owned());
        let claimed = self.site(|site| {
            // Nobody else locks one: that it is not is known.
            let fresh =
                || Thing::shown(&ShownThing { id: id.to_owned(), at: [("restriction", json!(""))].into() });
            site.things.entry(name.clone()).or_insert_with(fresh);
            site.claim_all(std::slice::from_ref(&name))
        });
        if claimed.is_none() {
            return;
        }
        let word = if locked { "locked" } else { "" };
        let to = json!(word);
        let change = Change { name: name.clone(), attribute: "restriction", to: to.clone(), goes_on: false };
        let route = ("POST", "/volumes/{id}/block-restriction");
        let request =
            Request::new(route, id, json!({"restriction": word})).about(&name).changing(vec![change]);
        if self.does(&request)
            && let Some(reply) = self.get(&format!("/volumes/{id}")).filter(|reply| reply.status == 200)
            && reply.json()["blockinfo"]["restriction"].as_str().unwrap_or_default() != word
        {
            self.shift.memory.wrong(format!("{} was done, and is shown as {reply:?}", request.ask));
        }
        self.site(|site| site.release(&[name]));
    }

    fn key(&self, keyed: bool) -> Option<String> {
        keyed.then(|| format!("key of {}", self.world(|world| world.fresh("k"))))
    }

    fn on_volume(
        &self,
        which: usize,
        ask: impl FnOnce(&str, &Known) -> Option<Request>,
    ) -> Option<(Request, Said)> {
        let (name, known) = self.world(|world| world.volumes.claim(which))?;
        let asked = ask(&name, &known).map(|request| (self.keyed(&request), request));
        self.world(|world| world.volumes.release(&name));
        asked.map(|(said, request)| (request, said))
    }

    fn on_block(&self, which: usize, ask: impl FnOnce(&str, &Known) -> Request) -> Option<(Request, Said)> {
        let (name, known) = self.world(|world| world.blocks.claim(which))?;
        let request = ask(&name, &known);
        let said = self.keyed(&request);
        self.world(|world| world.blocks.release(&name));
        Some((request, said))
    }
}
