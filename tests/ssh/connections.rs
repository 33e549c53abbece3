//! Connections that cannot be made, must not be made, or are left over.

use std::pin::pin;
use std::process::{Command as Process, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use mortar::executor::ssh::{ConnectError, HostKeys, Ssh, SshConfig};
use mortar::executor::{Command, Executor as _, RemoteError};

use crate::sshd::{Sshd, free_port, host, lives, run, silent};

/// Why a peer could not be reached.
async fn refusal(ssh: &Ssh, name: &str) -> ConnectError {
    let error = ssh.run(&host(name), &Command::look("true")).await.unwrap_err();
    let RemoteError::Unreachable { source, .. } = error else { panic!("{error:?}") };
    source.downcast_ref::<ConnectError>().unwrap_or_else(|| panic!("{source:?}")).clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_named_with_its_user_and_host() {
    let sshd = Sshd::start();
    sshd.make_key("other");
    let ssh = Ssh::new(SshConfig { key: sshd.path("other"), ..sshd.config() }).unwrap();
    let error = refusal(&ssh, "127.0.0.1").await;
    let ConnectError::KeyRefused { user, key, .. } = &error else { panic!("{error:?}") };
    assert_eq!((user, key), (&sshd.config().user, &sshd.path("other").display().to_string()));
    assert!(error.to_string().contains("127.0.0.1"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_host_key_is_refused_until_the_cure_it_names_is_taken() {
    let mut sshd = Sshd::start();
    let ssh = sshd.client();
    ssh.run(&host("127.0.0.1"), &Command::look("true")).await.unwrap();
    ssh.close().await;
    sshd.stop();
    sshd.make_key("host");
    sshd.run();

    let error = refusal(&ssh, "127.0.0.1").await;
    assert!(matches!(error, ConnectError::HostKeyChanged { .. }), "{error:?}");
    let text = error.to_string();
    let (_, cure) = text.split_once("run: ").unwrap();
    let (cure, _) = cure.split_once(". If not").unwrap();
    assert!(cure.starts_with("ssh-keygen -R '[127.0.0.1]:"), "{text}");
    assert!(run(Process::new("sh").arg("-c").arg(cure)), "{cure}");
    // The failure is remembered for a while.
    let begun = Instant::now();
    while ssh.run(&host("127.0.0.1"), &Command::look("true")).await.is_err() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{}", refusal(&ssh, "127.0.0.1").await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strict_trusts_known_keys_only_and_unchecked_trusts_all() {
    let sshd = Sshd::start();
    let with = |host_keys| Ssh::new(SshConfig { host_keys, ..sshd.config() }).unwrap();
    let error = refusal(&with(HostKeys::Strict(Vec::new())), "127.0.0.1").await;
    assert!(matches!(error, ConnectError::HostKeyUnknown { .. }), "{error:?}");
    with(HostKeys::Unchecked).run(&host("127.0.0.1"), &Command::look("true")).await.unwrap();
    assert!(!sshd.path("known_hosts").exists());

    let key = std::fs::read_to_string(sshd.path("host.pub")).unwrap();
    let (known, empty) = (sshd.path("a b%c known"), sshd.path("empty"));
    std::fs::write(&known, format!("[127.0.0.1]:{} {key}", sshd.port)).unwrap();
    std::fs::write(&empty, "").unwrap();
    let files = HostKeys::Strict(vec![empty, known]);
    with(files).run(&host("127.0.0.1"), &Command::look("true")).await.unwrap();

    let missing = SshConfig { host_keys: HostKeys::Strict(vec!["/no/such".into()]), ..sshd.config() };
    let text = Ssh::new(missing).unwrap_err().to_string();
    assert!(text.starts_with("error parsing SSH_KNOWN_HOSTS \"/no/such\": "), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_ipv6_works_with_and_without_brackets() {
    let sshd = Sshd::start();
    let ssh = sshd.client();
    for name in ["::1", "[::1]"] {
        assert_eq!(
            ssh.run(&host(name), &Command::look("echo").arg("six")).await.unwrap().stdout,
            "six\n",
            "{name}"
        );
    }
    let error = refusal(&ssh, "root@127.0.0.1").await;
    assert!(
        matches!(&error, ConnectError::Failed { said, .. } if said.contains("no name of a host")),
        "{error:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_listens_the_answer_is_remembered_for_a_while() {
    let sshd = Sshd::start();
    let port = free_port();
    let ssh = Ssh::new(SshConfig { port, ..sshd.config() }).unwrap();
    let first = refusal(&ssh, "127.0.0.1").await;
    assert!(
        matches!(&first, ConnectError::Failed { said, .. } if said.contains("Connection refused")),
        "{first:?}"
    );
    // Somebody listens there now, and is not asked.
    let (_, count) = silent("127.0.0.1", port, b"");
    assert_eq!(refusal(&ssh, "127.0.0.1").await, first);
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_accepts_and_never_answers_costs_one_attempt_and_no_other_peer() {
    let sshd = Sshd::start();
    for greeting in ["", "SSH-2.0-Silent_1.0\r\n"] {
        let (port, count) = silent("127.0.0.1", 0, greeting.as_bytes());
        let ssh = Ssh::new(SshConfig { port, control: sshd.path("c2"), ..sshd.config() }).unwrap();
        let begin = Instant::now();
        let errors = futures_util::future::join_all((0..12).map(|_| refusal(&ssh, "127.0.0.1"))).await;
        assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
        assert!(errors.iter().all(|error| matches!(error, ConnectError::Silent { .. })), "{errors:?}");
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_dead_peer_does_not_slow_another() {
    let sshd = Sshd::start();
    let ssh = sshd.client();
    let alive = host("127.0.0.1");
    let (_, count) = silent("127.0.0.2", sshd.port, b"");
    let (dead, look) = (host("127.0.0.2"), Command::look("true"));
    let waiting = futures_util::future::join_all((0..12).map(|_| ssh.run(&dead, &look)));
    let working = async {
        for _ in 0..10 {
            ssh.run(&alive, &Command::look("true")).await.unwrap();
        }
    };
    match select(pin!(waiting), pin!(working)).await {
        Either::Left((results, _)) => panic!("the dead peer was waited for: {results:?}"),
        Either::Right(((), waiting)) => {
            let results = waiting.await;
            assert!(results.iter().all(|result| matches!(result, Err(RemoteError::Unreachable { .. }))));
        }
    }
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_end_with_the_executor_and_those_of_an_earlier_server_at_the_start() {
    let sshd = Sshd::start();
    let peer = host("127.0.0.1");
    let killed = sshd.client();
    killed.run(&peer, &Command::look("true")).await.unwrap();
    let [left] = sshd.masters()[..] else { panic!("one connection") };
    std::mem::forget(killed);

    let ssh = sshd.client();
    for _ in 0..100 {
        if !lives(left) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(!lives(left) && sshd.masters().is_empty());
    ssh.run(&peer, &Command::look("true")).await.unwrap();
    ssh.close().await;
    assert!(sshd.masters().is_empty());
    ssh.run(&peer, &Command::look("true")).await.unwrap();
    drop(ssh);
    assert_eq!(std::fs::read_dir(sshd.path("c")).unwrap().count(), 0);
}

/// The server was killed, and its `ssh` logs in all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_a_killed_server_had_begun_gets_no_command_of_the_next_one() {
    let sshd = Sshd::start_with(&["127.0.0.1", "127.0.0.2"], "");
    let ssh = sshd.client();
    for number in 0..3 {
        let mut left = Process::new("ssh");
        left.args(["-F", "none", "-M", "-f", "-N", "-o", "StrictHostKeyChecking=no", "-o", "LogLevel=ERROR"]);
        left.arg("-o").arg(format!("UserKnownHostsFile={}", sshd.path("known_hosts").display()));
        left.arg("-i").arg(sshd.path("user")).arg("-S").arg(sshd.path("c").join(format!("{number}.s")));
        left.arg("-p").arg(sshd.port.to_string()).arg("127.0.0.2");
        assert!(run(left.stdin(Stdio::null()).stderr(Stdio::null())));
    }
    let left = sshd.masters();
    assert_eq!(left.len(), 3);
    let address = Command::look("sh").args(["-c", "echo $SSH_CONNECTION"]);
    let answer = ssh.run(&host("127.0.0.1"), &address).await.unwrap().stdout;
    assert_eq!(answer.split(' ').nth(2), Some("127.0.0.1"), "{answer}");
    for _ in 0..500 {
        if !left.iter().any(|pid| lives(*pid)) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(!left.iter().any(|pid| lives(*pid)), "they are ended");
    assert_eq!(sshd.masters().len(), 1);
}
