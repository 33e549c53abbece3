//! Just enough of an HTTP/1.1 client: one request on one connection, nothing followed, nothing interpreted.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::support::documented;

const TIMEOUT: Duration = Duration::from_secs(30);

/// An answer as it came.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    /// Reads an answer to a request of this method.
    pub fn read(reader: impl Read, method: &str) -> Result<Response> {
        receive(BufReader::new(reader), method)
    }

    /// The names of all headers.
    pub fn header_names(&self) -> impl Iterator<Item = &str> {
        self.headers.iter().map(|(name, _)| name.as_str())
    }

    /// The value of the first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

pub fn send(
    port: u16,
    method: &str,
    path: &str,
    headers: &[(String, String)],
    body: Option<&[u8]>,
) -> Result<Response> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(body) = body {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    let request = [head.as_bytes(), body.unwrap_or_default()].concat();
    stream.write_all(&request)?;
    let answer = Response::read(stream, method).with_context(|| format!("the answer to {method} {path}"))?;
    documented::check(method, path, &answer);
    Ok(answer)
}

fn receive(mut reader: BufReader<impl Read>, method: &str) -> Result<Response> {
    let status_line = line(&mut reader)?;
    let status = status_line.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status: u16 = status.with_context(|| format!("no status line: {status_line:?}"))?;
    let mut response = Response { status, headers: Vec::new(), body: Vec::new() };
    loop {
        let text = line(&mut reader)?;
        if text.is_empty() {
            break;
        }
        let (name, value) = text.split_once(':').with_context(|| format!("no header: {text:?}"))?;
        response.headers.push((name.to_owned(), value.trim().to_owned()));
    }
    if method != "HEAD" && status != 204 {
        response.body = body(&mut reader, &response)?;
    }
    Ok(response)
}

fn body(reader: &mut BufReader<impl Read>, response: &Response) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    if response.header("Transfer-Encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        loop {
            let size = usize::from_str_radix(line(reader)?.split(';').next().unwrap_or_default().trim(), 16)?;
            let mut chunk = vec![0; size];
            reader.read_exact(&mut chunk)?;
            line(reader)?;
            if size == 0 {
                return Ok(body);
            }
            body.extend(chunk);
        }
    }
    match response.header("Content-Length") {
        Some(length) => {
            body.resize(length.parse()?, 0);
            reader.read_exact(&mut body)?;
        }
        None => drop(reader.read_to_end(&mut body)?),
    }
    Ok(body)
}

fn line(reader: &mut BufReader<impl Read>) -> Result<String> {
    let mut text = String::new();
    if reader.read_line(&mut text)? == 0 {
        bail!("the connection was closed");
    }
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
