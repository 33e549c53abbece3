//! One golden file, step by step.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::answer::describe;
use super::diff::difference;
use super::http::{self, Response};
use super::matcher::Matcher;
use super::output;
use super::program::{Server, free_port, texts};
use super::sign::authorization;

const JOB_LIMIT: Duration = Duration::from_secs(60);

/// Plays a file; the error says what went otherwise than recorded.
pub fn replay(file: &Path) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let port = free_port()?;
    let golden = read(file, &directory, port)?;
    for (name, content) in golden["files"].as_object().unwrap_or(&Map::new()) {
        fs::write(directory.path().join(name), content.as_str().unwrap_or_default())?;
    }
    let matcher = Matcher::new(&golden["order"])?;
    let mut server = Server::new(directory.path(), port, golden["server"].clone());
    if golden["server"]["manual"] != json!(true) {
        server.start()?;
    }
    let mut scenario = Scenario { golden: &golden, server, matcher, directory, signalled: false };
    let steps = golden["steps"].as_array().context("there are no steps")?;
    for (number, step) in steps.iter().enumerate() {
        let outcome = scenario.play(step);
        outcome.with_context(|| format!("step {} ({})", number + 1, title(step))).map_err(|error| {
            // The log is for the reader of a failure only.
            anyhow!("{error:#}\n--- the server's log\n{}", scenario.server.log_tail())
        })?;
    }
    Ok(())
}

/// The file with what belongs to this run filled in.
fn read(file: &Path, directory: &TempDir, port: u16) -> Result<Value> {
    let text = fs::read_to_string(file)?;
    let text = text.replace("@{server}", &format!("http://127.0.0.1:{port}"));
    let text = text.replace("@{port}", &port.to_string());
    let text = text.replace("@{dir}", &directory.path().display().to_string());
    Ok(serde_json::from_str(&text)?)
}

fn title(step: &Value) -> String {
    if let Some(request) = step.get("request") {
        let text = |name: &str| request[name].as_str().unwrap_or_default().to_owned();
        return format!("{} {}", text("method"), text("path"));
    }
    if let Some(command) = step.get("command") {
        return format!("mortar {}", texts(&command["args"]).join(" "));
    }
    let kinds = step.as_object().map(|fields| fields.keys().cloned().collect::<Vec<_>>());
    kinds.unwrap_or_default().join(", ")
}

struct Scenario<'a> {
    golden: &'a Value,
    server: Server,
    matcher: Matcher,
    directory: TempDir,
    /// Whether a signal was just sent, which nothing tells the end of but the next answer.
    signalled: bool,
}

impl Scenario<'_> {
    fn play(&mut self, step: &Value) -> Result<()> {
        let has = |name: &str| step.get(name).is_some();
        match () {
            () if has("burst") => self.burst(step),
            () if has("request") && std::mem::take(&mut self.signalled) => self.request_until(step),
            () if has("request") => self.request(step),
            () if has("command") => self.command(step),
            () if has("file") => self.file(step),
            () if has("signal") => {
                self.signalled = true;
                self.server.signal(step["signal"].as_str().unwrap_or_default())
            }
            () if has("restart") => self.server.restart(step["restart"].clone()),
            () if has("server_command") => {
                let exit = self.server.run_command(&texts(&step["server_command"]))?;
                ensure!(json!(exit) == step["exit"], "exit status {exit:?}, recorded {}", step["exit"]);
                Ok(())
            }
            () if has("start") => {
                let observed = self.server.start_in_vain(step["start"].clone())?;
                self.compare("result", step, &observed)
            }
            () => bail!("this kind of step is unknown"),
        }
    }

    fn request(&mut self, step: &Value) -> Result<()> {
        let answer = self.send(&step["request"])?;
        let as_lines = step["lines"] == json!(true);
        self.compare("response", step, &describe(&answer, as_lines))?;
        if step.get("final").is_some() {
            let answer = self.poll(&step["request"], &answer)?;
            self.compare("final", step, &describe(&answer, false))?;
        }
        Ok(())
    }

    /// The same, asked again until the answer is the one that was recorded.
    fn request_until(&mut self, step: &Value) -> Result<()> {
        let begun = Instant::now();
        loop {
            match self.request(step) {
                Err(_) if begun.elapsed() < JOB_LIMIT => std::thread::sleep(Duration::from_millis(10)),
                done => return done,
            }
        }
    }

    /// Equal requests at the same time; each answer is one of those listed.
    fn burst(&mut self, step: &Value) -> Result<()> {
        let count = step["burst"].as_u64().context("a burst is a number")?;
        let request = &step["request"];
        let (method, path, headers, body) = self.prepare(request)?;
        let port = self.server.port;
        let ask = || http::send(port, &method, &path, &headers, body.as_deref());
        let answers: Vec<Result<Response>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..count).map(|_| scope.spawn(ask)).collect();
            let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
                thread.join().unwrap_or_else(|_| Err(anyhow!("a request panicked")))
            };
            threads.into_iter().map(join).collect()
        });
        for answer in answers {
            let answer = answer?;
            let observed = describe(&answer, false);
            let listed = step["any_of"].as_array().context("any_of is a list")?;
            if !listed.iter().any(|one| self.matcher.agrees(one, &observed)) {
                bail!(
                    "none of the answers that are listed\n{}",
                    difference(&self.matcher, &listed[0], &observed)
                );
            }
            if answer.header("Location").is_some() {
                self.poll(request, &answer)?;
            }
        }
        Ok(())
    }

    fn command(&mut self, step: &Value) -> Result<()> {
        let (command, recorded) = (&step["command"], &step["result"]);
        let mut environment = self.golden["environment"].as_object().cloned().unwrap_or_default();
        environment.extend(command["env"].as_object().cloned().unwrap_or_default());
        let arguments = texts(&self.matcher.filled(&command["args"])?);
        let done = self.server.run_client(&arguments, &environment)?;
        let split = output::patterns(command.get("split"))?;
        let stdout = String::from_utf8_lossy(&done.stdout);
        let stderr = String::from_utf8_lossy(&done.stderr);
        let observed = json!({
            "exit": done.status.code(),
            "stdout": output::in_form_of(&recorded["stdout"], &stdout, &split),
            "stderr": output::in_form_of(&recorded["stderr"], &stderr, &[]),
        });
        self.compare("result", step, &observed)
    }

    fn file(&mut self, step: &Value) -> Result<()> {
        let path = self.directory.path().join(step["file"].as_str().unwrap_or_default());
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let observed = output::in_form_of(&step["content"], &text, &[]);
        self.compare("content", step, &observed)
    }

    /// Compares what was observed with the part of the step that was recorded.
    fn compare(&mut self, part: &str, step: &Value, observed: &Value) -> Result<()> {
        let recorded = &step[part];
        self.matcher.learn_hosts(observed);
        let agrees = if step["scope"] == json!("step") {
            self.matcher.agrees_alone(recorded, observed)
        } else {
            self.matcher.agrees(recorded, observed)
        };
        ensure!(agrees, "{part} differs\n{}", difference(&self.matcher, recorded, observed));
        Ok(())
    }

    fn send(&self, request: &Value) -> Result<Response> {
        let (method, path, headers, body) = self.prepare(request)?;
        http::send(self.server.port, &method, &path, &headers, body.as_deref())
    }

    #[expect(clippy::type_complexity, reason = "the arguments of one call")]
    fn prepare(&self, request: &Value) -> Result<(String, String, Vec<(String, String)>, Option<Vec<u8>>)> {
        let method = request["method"].as_str().context("a request has a method")?;
        let path = self.matcher.filled_text(request["path"].as_str().context("a request has a path")?)?;
        let mut headers = self.authorization(request, method, &path);
        for (name, value) in request["headers"].as_object().unwrap_or(&Map::new()) {
            headers.push((name.clone(), value.as_str().unwrap_or_default().to_owned()));
        }
        let body = match (request.get("json"), request.get("raw").and_then(Value::as_str)) {
            (Some(value), _) => Some(self.matcher.filled(value)?.to_string().into_bytes()),
            (None, Some(text)) => Some(self.matcher.filled_text(text)?.into_bytes()),
            (None, None) => None,
        };
        Ok((method.to_owned(), path, headers, body))
    }

    fn authorization(&self, request: &Value, method: &str, path: &str) -> Vec<(String, String)> {
        let sign = request.get("sign").unwrap_or(&self.golden["sign"]);
        let value = authorization(sign, method, path);
        value.map(|value| ("Authorization".to_owned(), value)).into_iter().collect()
    }

    /// Polls the job of an answer until it is no longer pending.
    fn poll(&self, request: &Value, accepted: &Response) -> Result<Response> {
        let path = accepted.header("Location").context("the answer names no job")?;
        let begun = Instant::now();
        loop {
            let headers = self.authorization(request, "GET", path);
            let answer = http::send(self.server.port, "GET", path, &headers, None)?;
            if answer.header("X-Pending").is_none() {
                return Ok(answer);
            }
            ensure!(begun.elapsed() < JOB_LIMIT, "{path} is still pending after {JOB_LIMIT:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
