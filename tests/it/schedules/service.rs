//! What an operator does with clusters, and with the server itself.

use serde_json::{Value, json};

use super::act::Flags;
use super::clients::Client;
use super::places::change;
use super::seen::Request;
use super::site::{Name, Thing, What};

impl Client<'_> {
    pub fn add_cluster(&self, flags: Flags) {
        let name = (What::Cluster, self.world(|world| world.fresh("cluster")));
        let body = json!({"file": flags.file, "block": flags.block});
        let changes = [("file", json!(flags.file)), ("block", json!(flags.block)), ("there", json!(true))];
        let changes = changes.map(|(attribute, to)| change(&name, attribute, to)).to_vec();
        self.site(|site| {
            let mut missing = Thing::missing();
            missing.claimed = true;
            site.things.insert(name.clone(), missing)
        });
        self.ask(&Request::new(("POST", "/clusters"), "", body).about(&name).changing(changes));
        self.look_at(std::slice::from_ref(&name));
        self.site(|site| site.release(&[name]));
    }

    fn on_cluster(&self, which: usize, act: impl FnOnce(&Name, &str)) {
        self.resolve();
        let claimed = self
            .site(|site| site.claim(What::Cluster, which, |thing| thing.is_there() && thing.id.is_some()));
        let Some((name, thing)) = claimed else { return };
        act(&name, &thing.id.unwrap_or_default());
        self.look_at(std::slice::from_ref(&name));
        self.site(|site| site.release(&[name]));
    }

    pub fn set_flags(&self, which: usize, flags: Flags) {
        self.on_cluster(which, |name, id| {
            // As it was again: else nothing more is made in this schedule.
            for (file, block) in [(flags.file, flags.block), (true, true)] {
                let changes = [("file", json!(file)), ("block", json!(block))];
                let changes = changes.map(|(attribute, to)| change(name, attribute, to)).to_vec();
                let request =
                    Request::new(("POST", "/clusters/{id}/flags"), id, json!({"file": file, "block": block}));
                if self.does(&request.about(name).changing(changes)) {
                    self.look_at(std::slice::from_ref(name));
                }
            }
        });
    }

    pub fn delete_cluster(&self, which: usize) {
        self.on_cluster(which, |name, id| {
            let request = Request::new(("DELETE", "/clusters/{id}"), id, Value::Null).about(name);
            self.ask(&request.changing(vec![change(name, "there", json!(false))]));
        });
    }

    pub fn clean_up(&self) {
        self.ask(&Request::new(("POST", "/operations/pending/cleanup"), "", json!({})));
    }

    pub fn set_log_level(&self, debug: bool) {
        let level = if debug { "debug" } else { "info" };
        let body = json!({"loglevel": {"glusterfs": level}});
        self.on_server(&Request::new(("POST", "/internal/logging"), "", body), "level", level, |shown| {
            shown["loglevel"]["glusterfs"].clone()
        });
    }

    pub fn set_admin_state(&self, local: bool) {
        let state = if local { "local-client" } else { "normal" };
        self.on_server(
            &Request::new(("POST", "/admin"), "", json!({"state": state})),
            "admin",
            state,
            |shown| shown["state"].clone(),
        );
    }

    fn on_server(&self, request: &Request, attribute: &'static str, to: &str, of: impl Fn(&Value) -> Value) {
        let name = (What::Server, String::new());
        if self.site(|site| site.claim_all(std::slice::from_ref(&name))).is_none() {
            return;
        }
        let request = request.clone().about(&name).changing(vec![change(&name, attribute, json!(to))]);
        let is_done = self.does(&request);
        let reply = self.get(&request.ask.path).filter(|reply| is_done && reply.status == 200);
        if let Some(reply) = reply.filter(|reply| of(&reply.json()) != to) {
            self.shift.memory.wrong(format!("{} was done, and is shown as {reply:?}", request.ask));
        }
        self.site(|site| site.release(&[name]));
    }
}
