//! Clients that connect and say nothing, or take their time: others are served all the same.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use mortar::api::VolumeCreateRequest;

use crate::support::operator::{assert_says, replica_3};
use crate::support::{Audit, Lab, settled};

const SOON: Duration = Duration::from_secs(30);

/// A connection from another address of this machine.
fn from(client: [u8; 4], port: u16) -> std::io::Result<TcpStream> {
    use rustix::net::{AddressFamily, SocketType, bind, connect, socket};
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None)?;
    bind(&socket, &SocketAddr::from((client, 0)))?;
    connect(&socket, &SocketAddr::from(([127, 0, 0, 1], port)))?;
    Ok(TcpStream::from(socket))
}

/// Whether the server has closed it.
fn is_closed(connection: &TcpStream) -> bool {
    connection.set_nonblocking(true).unwrap();
    matches!(connection.peek(&mut [0]), Ok(0))
        || connection.peek(&mut [0]).is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset)
}

/// Whether the server has said something, or closed it.
fn is_answered(connection: &TcpStream) -> bool {
    connection.set_nonblocking(true).unwrap();
    !connection.peek(&mut [0]).is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
}

/// Sends a megabyte but for its last byte where no token is needed.
fn sends_too_much(port: u16, path: &str) -> TcpStream {
    const MEGABYTE: usize = 1 << 20;
    let mut connection = from([127, 0, 0, 9], port).unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {MEGABYTE}\r\n\r\n");
    connection.write_all(head.as_bytes()).unwrap();
    // The server need not take it.
    connection.write_all(&vec![b'x'; MEGABYTE - 1]).ok();
    connection
}

#[test]
fn strangers_who_send_large_bodies_where_no_token_is_needed_fill_no_memory() {
    const STRANGERS: usize = 200;
    let mut lab = Lab::with_three_peers();
    lab.stop();
    lab.keys("a", "u");
    lab.start();
    let admin = lab.client_as("admin", "a");
    let before = lab.memory_kib("VmRSS");
    let open = ["/hello", "/metrics", "/openapi.json", "/docs"].into_iter().cycle();
    let strangers: Vec<TcpStream> =
        open.take(STRANGERS).map(|path| sends_too_much(lab.port(), path)).collect();
    for _ in 0..5 {
        let request: VolumeCreateRequest = serde_json::from_value(replica_3(1)).unwrap();
        let made = admin.volume_create(&request).unwrap();
        admin.volume_delete(&made.id).unwrap();
    }
    let are_answered = settled(SOON, || strangers.iter().all(is_answered));
    let grown = lab.memory_kib("VmHWM").saturating_sub(before);
    assert!(grown < 64 * 1024, "{grown} KiB more of memory, all answered: {are_answered}");
    assert!(are_answered, "it waits for the last byte of somebody");
    drop(strangers);
    lab.stop();
    lab.no_keys();
    lab.start();
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_client_that_opens_connections_without_end_leaves_room_for_others() {
    let mut lab = Lab::new();
    lab.descriptors(700);
    lab.start();
    lab.three_peers();
    let greedy: Vec<TcpStream> = (0..600).filter_map(|_| from([127, 0, 0, 9], lab.port()).ok()).collect();
    assert!(greedy.len() > 500, "{} connections", greedy.len());
    let refused = || greedy.iter().filter(|connection| is_closed(connection)).count();
    assert!(settled(SOON, || refused() > 0), "all are served\n{}", lab.log_tail());
    // Half-sent requests hold their connections, and nothing else.
    for mut connection in &greedy {
        connection.write_all(b"POST /volumes HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{").ok();
    }
    for _ in 0..20 {
        let made = lab.create(&replica_3(1)).unwrap();
        assert_eq!(lab.remove(&made.id).status, 204);
    }
    assert_says(&lab.log(), &["connections are open", "127.0.0.9", "`ulimit -n`"]);
    drop(greedy);
    assert!(settled(SOON, || from([127, 0, 0, 9], lab.port()).is_ok_and(|c| !is_closed(&c))));
    Audit::new().clean_within(&lab, SOON);
}
