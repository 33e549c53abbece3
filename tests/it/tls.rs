//! TLS: life over it, certificates that are renewed, clients that speak something else, and refusals at the start.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http2;
use hyper::{Request, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use mortar::client::Trust;
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;

use crate::conformance::http;
use crate::support::operator::{assert_says, replica_3};
use crate::support::secure::{Authority, Pair, Secure, self_signed};
use crate::support::{Lab, settled};

const SOON: Duration = Duration::from_secs(30);

const NAMES: [&str; 2] = ["127.0.0.1", "localhost"];

fn der(pair: &Pair) -> Vec<u8> {
    Trust::certificates(pair.certificate.as_bytes())[0].to_vec()
}

/// The status of one request on a connection that stays open.
fn hello(stream: &mut Secure) -> String {
    stream.write_all(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut answer = vec![0; 4096];
    let read = stream.read(&mut answer).unwrap();
    let text = String::from_utf8_lossy(&answer[..read]).into_owned();
    text.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn a_volume_lives_over_https() {
    let (mut lab, _) = Lab::encrypted();
    lab.start();
    assert!(lab.log().contains(&format!("Listening on port {} with TLS enabled\n", lab.port())));
    lab.three_peers();
    let made = lab.create(&replica_3(1)).unwrap();
    let (code, listed, said) = lab.mortar(&["volume", "list"]);
    assert_eq!((code, said.as_str()), (Some(0), ""), "{said}");
    assert!(listed.contains(&made.id), "{listed}");
    lab.client().volume_delete(&made.id).unwrap();
    lab.restart();
    assert!(lab.volumes().is_empty());
}

#[test]
fn http_2_is_spoken_with_those_who_want_it() {
    let (mut lab, _) = Lab::encrypted();
    lab.start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(("127.0.0.1", lab.port())).await.unwrap();
        let connector = TlsConnector::from(lab.tls(&["h2", "http/1.1"]));
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let stream = connector.connect(name, stream).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
        let (sender, connection) =
            http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let ask = |path: &str| {
            let request =
                Request::get(format!("https://127.0.0.1{path}")).body(Empty::<Bytes>::new()).unwrap();
            let mut sender = sender.clone();
            async move {
                let answer = sender.send_request(request).await.unwrap();
                assert_eq!(answer.version(), Version::HTTP_2);
                let status = answer.status().as_u16();
                let body = answer.into_body().collect().await.unwrap().to_bytes();
                (status, String::from_utf8_lossy(&body).into_owned())
            }
        };
        // At the same time, on one connection.
        let (greeting, clusters, nothing) = tokio::join!(ask("/hello"), ask("/clusters"), ask("/nothing"));
        assert_eq!(greeting, (200, "Hello from Heketi".to_owned()));
        assert_eq!(clusters, (200, "{\"clusters\":[]}\n".to_owned()));
        assert_eq!(nothing, (404, "Invalid path or request\n".to_owned()));
    });
}

/// As Kubernetes shows a secret: the files lead through a link to a folder, and a renewal replaces that link.
fn publish(secret: &Path, name: &str, pair: &Pair) {
    pair.write(&secret.join(name));
    let link = secret.join("..link");
    symlink(name, &link).unwrap();
    fs::rename(link, secret.join("..data")).unwrap();
}

#[test]
fn a_renewed_secret_is_shown_to_those_who_connect_and_others_stay() {
    let (mut lab, authority) = Lab::encrypted();
    let secret = lab.path().join("secret");
    fs::create_dir(&secret).unwrap();
    let (first, second) = (authority.signs(&NAMES), authority.signs(&NAMES));
    publish(&secret, "..1", &first);
    for name in ["tls.crt", "tls.key"] {
        symlink(format!("..data/{name}"), secret.join(name)).unwrap();
    }
    let known = lab.path().join("authority.pem");
    lab.encrypt(&secret.join("tls.crt"), &secret.join("tls.key"), &known);
    lab.start();
    assert_eq!(lab.shown_certificate(), der(&first));
    let mut old = lab.connect_securely();
    assert_eq!(hello(&mut old), "HTTP/1.1 200 OK");
    publish(&secret, "..2", &second);
    assert!(settled(SOON, || lab.shown_certificate() == der(&second)), "{}", lab.log_tail());
    assert!(settled(SOON, || lab.log().contains("is shown from now on")), "{}", lab.log_tail());
    assert_eq!(hello(&mut old), "HTTP/1.1 200 OK", "a connection stays as it is");
}

#[test]
fn a_renewal_that_cannot_be_used_changes_nothing_and_is_told_once() {
    let (mut lab, authority) = Lab::encrypted();
    let folder = lab.path().join("tls");
    lab.start();
    let before = lab.shown_certificate();
    let tellings = |lab: &Lab| lab.log().matches("the certificate from before is still shown").count();
    fs::write(folder.join("tls.crt"), "none\n").unwrap();
    assert!(settled(SOON, || tellings(&lab) == 1), "{}", lab.log_tail());
    assert_says(&lab.log(), &["tls.crt holds no PEM certificate"]);
    // Half of a renewal: the certificate of another key.
    let next = authority.signs(&NAMES);
    fs::write(folder.join("tls.crt"), &next.certificate).unwrap();
    assert!(settled(SOON, || tellings(&lab) == 2), "{}", lab.log_tail());
    assert_says(&lab.log(), &["does not belong to the certificate in cert_file"]);
    assert_eq!(lab.shown_certificate(), before);
    fs::remove_file(folder.join("tls.key")).unwrap();
    assert!(settled(SOON, || tellings(&lab) == 3), "{}", lab.log_tail());
    fs::write(folder.join("tls.key"), &next.key).unwrap();
    assert!(settled(SOON, || lab.shown_certificate() == der(&next)), "{}", lab.log_tail());
    assert_eq!(tellings(&lab), 3);
}

#[test]
fn those_who_speak_something_else_are_told_what_to_do() {
    let (mut lab, _) = Lab::encrypted();
    lab.start();
    let answer = http::send(lab.port(), "POST", "/clusters", &[], Some(b"{}")).unwrap();
    assert_eq!(answer.status, 400);
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    assert_says(&text, &["Client sent an HTTP request to an HTTPS server.", "https://"]);
    let plain = format!("--server=http://127.0.0.1:{}", lab.port());
    let (code, _, said) = lab.mortar(&[&plain, "cluster", "list"]);
    assert_eq!(code, Some(255));
    assert_says(&said, &["Error: Client sent an HTTP request to an HTTPS server.", "https://"]);
    assert!(lab.client().cluster_list().unwrap().clusters.is_empty(), "nothing was carried out");

    let plain = Lab::started();
    let secure = format!("--server=https://127.0.0.1:{}", plain.port());
    let (code, _, said) = plain.mortar(&[&secure, "cluster", "list"]);
    assert_eq!(code, Some(255));
    let (port, words) = (plain.port(), "http: server gave HTTP response to HTTPS client");
    assert_says(&said, &[&format!("Error: Get \"https://127.0.0.1:{port}/clusters\": {words}"), "http://"]);
}

#[test]
fn handshakes_that_stall_keep_nobody_waiting_and_end() {
    let (mut lab, _) = Lab::encrypted();
    lab.start();
    let mut silent: Vec<_> = (0..100).map(|_| http::connect(lab.port()).unwrap()).collect();
    // The head of a record, and the beginning of a hello that does not go on.
    for stream in silent.iter_mut().skip(50) {
        stream.write_all(&[0x16, 3, 1, 2, 0, 1, 0]).unwrap();
    }
    let begun = Instant::now();
    assert_eq!(hello(&mut lab.connect_securely()), "HTTP/1.1 200 OK");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    for mut stream in silent {
        // Closed, perhaps with an alert before; an error here is a limit that has passed.
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
    }
}

#[test]
fn certificates_that_are_not_believed_are_told_apart() {
    let (mut lab, authority) = Lab::encrypted();
    lab.start();
    let folder = lab.path().to_owned();
    let ask = |lab: &Lab, flags: &[&str]| {
        let (code, _, said) = lab.mortar(&[flags, &["cluster", "list"]].concat());
        (code, said)
    };
    let mine = folder.join("authority.pem");
    let kept = fs::read(&mine).unwrap();
    // What the client believes is read at each run.
    fs::write(&mine, self_signed().certificate).unwrap();
    let (code, said) = ask(&lab, &[]);
    assert_eq!(code, Some(255));
    assert_says(&said, &["x509: certificate signed by unknown authority", "--tls-cert"]);
    assert_eq!(ask(&lab, &["-I"]), (Some(0), String::new()));
    fs::write(&mine, kept).unwrap();

    let check = |lab: &mut Lab, pair: &Pair, name: &str, words: &[&str]| {
        let (certificate, key) = pair.write(&folder.join(name));
        lab.stop();
        lab.encrypt(&certificate, &key, &mine);
        lab.start();
        let (code, said) = ask(lab, &[]);
        assert_eq!(code, Some(255));
        assert_says(&said, words);
    };
    check(
        &mut lab,
        &authority.signs(&["elsewhere"]),
        "name",
        &["x509: certificate is valid for other names"],
    );
    check(&mut lab, &authority.signed_long_ago(), "old", &["x509: certificate has expired"]);
    // Of nobody known: one that signs itself as an authority, and one of an authority whose name is known.
    let unknown = ["x509: certificate signed by unknown authority. If you trust it, name it"];
    check(&mut lab, &self_signed(), "unknown", &unknown);
    check(&mut lab, &Authority::new("scenario").signs(&NAMES), "namesake", &unknown);

    // One that signs itself, as `openssl req -x509` makes it, is believed when it is named.
    let (certificate, key) = self_signed().write(&folder.join("self"));
    lab.stop();
    lab.encrypt(&certificate, &key, &certificate);
    lab.start();
    assert_eq!(ask(&lab, &[]), (Some(0), String::new()));
}

#[test]
fn a_server_without_a_usable_certificate_does_not_start_and_says_why() {
    let mut lab = Lab::new();
    let folder = lab.path().to_owned();
    let authority = Authority::new("a");
    let (certificate, key) = authority.signs(&NAMES).write(&folder.join("one"));
    let (_, other_key) = authority.signs(&NAMES).write(&folder.join("other"));
    let encrypted = folder.join("encrypted.key");
    fs::write(
        &encrypted,
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
    )
    .unwrap();
    let mut check = |certificate: &Path, key: &Path, words: &[&str]| {
        lab.encrypt(certificate, key, certificate);
        let (code, said) = lab.start_in_vain();
        assert_eq!(code, Some(1), "{said}");
        assert_says(&said, words);
        assert!(!lab.database().exists(), "nothing was made: {said}");
    };
    let nothing = folder.join("nothing.pem");
    check(
        &nothing,
        &key,
        &["ERROR: HTTP Server error: ", "cannot read cert_file", "nothing.pem", "may read"],
    );
    check(&certificate, &nothing, &["cannot read key_file", "nothing.pem"]);
    check(&key, &key, &["cert_file", "one/tls.key holds no PEM certificate"]);
    check(&certificate, &certificate, &["key_file", "one/tls.crt holds no PEM private key"]);
    check(&certificate, &other_key, &["other/tls.key does not belong to", "one/tls.crt"]);
    check(&certificate, &encrypted, &["has a passphrase", "openssl pkey"]);
    fs::write(
        &encrypted,
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n",
    )
    .unwrap();
    check(&certificate, &encrypted, &["has a passphrase", "openssl pkey"]);
    check(Path::new(""), Path::new(""), &["enable_tls is set, and cert_file and key_file are empty"]);
}
