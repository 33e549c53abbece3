//! A server for tests: canned answers, one connection each, and a record of what was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) line: String,
    pub(crate) headers: String,
    pub(crate) body: String,
}

/// No answer at all: the connection stays open, as that of a server whose host has died.
pub(crate) const SILENCE: &str = "";

/// A server that gives its answers in order and then hangs up.
pub(crate) struct Stub {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// One answer: status line, headers, body.
pub(crate) fn answer(status: &str, headers: &[&str], body: &str) -> String {
    let mut text = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    for header in headers {
        text.push_str(header);
        text.push_str("\r\n");
    }
    format!("{text}\r\n{body}")
}

/// A 200 with JSON.
pub(crate) fn json(body: &str) -> String {
    answer("200 OK", &["Content-Type: application/json; charset=UTF-8"], body)
}

impl Stub {
    pub(crate) fn new(answers: Vec<String>) -> Stub {
        Stub::serving(answers, |answer| answer == SILENCE)
    }

    /// One answer, whose rest never comes.
    pub(crate) fn that_stops_after(part: String) -> Stub {
        Stub::serving(vec![part], |_| true)
    }

    /// Connections are kept after the answers that `keeps` says.
    fn serving(answers: Vec<String>, keeps: fn(&str) -> bool) -> Stub {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&asked);
        std::thread::spawn(move || {
            let mut kept = Vec::new();
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let request = read(&mut stream);
                record.lock().unwrap().push(request);
                stream.write_all(answer.as_bytes()).unwrap();
                kept.extend(keeps(&answer).then_some(stream));
            }
            // Until whoever waits has given up.
            for stream in kept {
                wait_for_end(&stream);
            }
        });
        Stub { url, asked }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Request lines and bodies, such as `POST /clusters {"block":true,"file":true}`.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |asked: &Asked| format!("{} {}", asked.line.replace(" HTTP/1.1", ""), asked.body);
        self.asked().iter().map(|asked| line(asked).trim_end().to_owned()).collect()
    }
}

fn wait_for_end(mut stream: &TcpStream) {
    // Closed or reset: both are an end.
    let _ = stream.read(&mut [0]);
}

fn read(stream: &mut TcpStream) -> Asked {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let mut headers = String::new();
    while !headers.ends_with("\r\n\r\n") && reader.read_line(&mut headers).unwrap() > 2 {}
    let length = headers.lines().find_map(|header| {
        let (name, value) = header.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
    });
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).unwrap();
    let body = String::from_utf8(body).unwrap();
    Asked { line: line.trim().to_owned(), headers: headers.to_lowercase(), body }
}
