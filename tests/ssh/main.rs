//! The SSH executor against a real sshd.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, too")]

mod connections;
mod sshd;

use std::time::{Duration, Instant};

use mortar::executor::ssh::Lost;
use mortar::executor::{Command, Executor as _, LockName, RemoteError};
use sshd::{Sshd, host, kill};

const LONG: Duration = Duration::from_secs(30);

fn shell(script: &str) -> Command {
    Command::look("sh").arg("-c").arg(script)
}

fn changing(lock: &'static str, port: u16, script: &str) -> Command {
    // The port is this test's alone, and the locks are the machine's.
    Command::change("sh", LockName::new(lock, port), LONG).arg("-c").arg(script)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_runs_and_its_status_and_output_come_back() {
    let sshd = Sshd::start();
    let (ssh, peer) = (sshd.client(), host("127.0.0.1"));
    let output =
        ssh.run(&peer, &shell("echo out; echo err >&2; echo $LC_ALL; printf '\\377'")).await.unwrap();
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("out\nC\n\u{FFFD}", "err\n"));
    for expected in [1, 5, 75, 213, 255] {
        let error = ssh.run(&peer, &shell(&format!("echo no >&2; exit {expected}"))).await.unwrap_err();
        let RemoteError::Exited { code, stderr, .. } = error else { panic!("{error:?}") };
        assert_eq!((code, stderr.as_str()), (expected, "no\n"));
    }
    let error = ssh.run(&peer, &Command::look("/no/such")).await.unwrap_err();
    assert!(
        matches!(&error, RemoteError::Exited { code: 127, stderr, .. } if stderr.contains("/no/such")),
        "{error:?}"
    );
    let error = ssh.run(&peer, &Command::look("echo").arg("a\0b")).await.unwrap_err();
    assert!(matches!(&error, RemoteError::Exited { code: 126, .. }), "{error:?}");
    assert_eq!(sshd.masters().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn standard_input_arrives_and_ends() {
    let sshd = Sshd::start();
    let (ssh, peer) = (sshd.client(), host("127.0.0.1"));
    let text = "line 'one'\n$(two)\nü".repeat(40_000);
    let output = ssh.run(&peer, &Command::look("cat").input(text.clone())).await.unwrap();
    assert!(output.stdout == text);
    // Without input there is none, and input that nobody reads stops nothing.
    assert_eq!(ssh.run(&peer, &Command::look("cat")).await.unwrap().stdout, "");
    ssh.run(&peer, &Command::look("true").input(text)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nasty_arguments_arrive_as_they_are() {
    let sshd = Sshd::start();
    let (ssh, peer) = (sshd.client(), host("127.0.0.1"));
    let nasty = [
        "",
        " ",
        "'",
        "''",
        "\"",
        "\\",
        "\\'",
        "$(id)",
        "`id`",
        "$HOME",
        "${IFS}",
        ";reboot",
        "a\nb",
        "\r\n",
        "\t",
        "*",
        "~",
        "~root",
        "#",
        "!",
        "!!",
        "-n",
        "--",
        "=ls",
        "A=b",
        "&",
        "|x",
        "<(x)",
        "{a,b}",
        "%s",
        "ü\u{1f600}",
        "\u{1b}[0m",
    ];
    for command in
        [Command::look("printf"), Command::change("printf", LockName::new("quote", sshd.port), LONG)]
    {
        let output = ssh.run(&peer, &command.arg("%s\\0").args(nasty)).await.unwrap();
        let arrived: Vec<&str> = output.stdout.split_terminator('\0').collect();
        assert_eq!(arrived, nasty);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn at_its_deadline_a_command_is_ended_and_nobody_knows_what_it_did() {
    let sshd = Sshd::start();
    let (ssh, peer) = (sshd.client(), host("127.0.0.1"));
    let command = changing("deadline", sshd.port, "sleep 30").deadline(Duration::from_secs(1));
    let begin = Instant::now();
    let error = ssh.run(&peer, &command).await.unwrap_err();
    assert!(begin.elapsed() < Duration::from_secs(5));
    let RemoteError::OutcomeUnknown { source, .. } = error else { panic!("{error:?}") };
    assert!(matches!(source.downcast_ref(), Some(Lost::Deadline(1))), "{source:?}");
    // It has ended, and so the lock is free.
    ssh.run(&peer, &changing("deadline", sshd.port, "true")).await.unwrap();
    let error = ssh.run(&peer, &shell("kill -9 $$")).await.unwrap_err();
    assert!(matches!(error, RemoteError::OutcomeUnknown { .. }), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_prints_without_end_is_read_to_16_mib_and_no_further() {
    let sshd = Sshd::start();
    let (ssh, peer) = (sshd.client(), host("127.0.0.1"));
    let most = ssh.run(&peer, &shell("head -c 16777216 /dev/zero")).await.unwrap();
    assert_eq!(most.stdout.len(), 16 << 20);
    for script in ["head -c 16777217 /dev/zero", "head -c 16777217 /dev/zero >&2", "exec yes", "exec yes >&2"]
    {
        // What it may take is far more than what it takes.
        let (command, begin) = (changing("endless", sshd.port, script), Instant::now());
        let error = ssh.run(&peer, &command).await.unwrap_err();
        assert!(begin.elapsed() < LONG, "{script}: {:?}", begin.elapsed());
        let RemoteError::OutcomeUnknown { source, .. } = error else { panic!("{script}: {error:?}") };
        assert!(matches!(source.downcast_ref(), Some(Lost::TooMuch(16))), "{script}: {source:?}");
        // It ends, as nobody reads it any more, and the lock is free then.
        let next = changing("endless", sshd.port, "true");
        while let Err(error) = ssh.run(&peer, &next).await {
            assert!(matches!(error, RemoteError::StillRunning { .. }), "{script}: {error:?}");
            assert!(begin.elapsed() < LONG, "{script}: it never ends");
        }
    }
    assert_eq!(sshd.masters().len(), 1, "others on the connection do not suffer");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ignores_its_end_keeps_the_lock() {
    let sshd = Sshd::start();
    let (ssh, peer) = (sshd.client(), host("127.0.0.1"));
    let pid = sshd.path("pid");
    // It ends by itself where this test fails before it ends it.
    let script = format!("trap '' TERM; echo $$ > {}; for _ in $(seq 120); do sleep 1; done", pid.display());
    let stubborn = changing("stubborn", sshd.port, &script).deadline(Duration::from_secs(1));
    let error = ssh.run(&peer, &stubborn).await.unwrap_err();
    let RemoteError::OutcomeUnknown { source, .. } = error else { panic!("{error:?}") };
    assert!(matches!(source.downcast_ref(), Some(Lost::Silence(12))), "{source:?}");

    let begin = Instant::now();
    let error = ssh.run(&peer, &changing("stubborn", sshd.port, "true")).await.unwrap_err();
    let said = error.to_string();
    let RemoteError::StillRunning { lock, since: Some(since), .. } = error else { panic!("{said}") };
    assert!(lock.contains("stubborn") && said.contains(&format!("since {since}")), "{said}");
    // `Tue Nov 24 22:18:01 2026 UTC`
    assert!(since.ends_with(" UTC") && since.split(':').count() == 3, "{since}");
    assert!(begin.elapsed() < Duration::from_secs(4));
    ssh.run(&peer, &changing("other", sshd.port, "true")).await.unwrap();

    kill("-9", std::fs::read_to_string(pid).unwrap().trim().parse().unwrap());
    ssh.run(&peer, &changing("stubborn", sshd.port, "true")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_cannot_be_taken_says_where_and_what_to_do() {
    let sshd = Sshd::start();
    let (ssh, peer) = (sshd.client(), host("127.0.0.1"));
    let command = changing("nowhere", sshd.port, "exit 7");
    let file = command.lock().unwrap().path();
    // As where the directory belongs to root alone: no file can be made.
    std::os::unix::fs::symlink("/no/such/directory/lock", &file).unwrap();
    let error = ssh.run(&peer, &command).await;
    std::fs::remove_file(&file).unwrap();
    let error = error.unwrap_err();
    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    assert!(matches!(error, RemoteError::NotLocked { .. }), "{error:?}");
    for words in ["cannot open lock file", &file, "on 127.0.0.1", "chmod 1777 /run/lock", "tmpfiles.d"] {
        assert!(cause.contains(words), "{words}: {cause}");
    }
    // A program of its own may end with the same status.
    let error = ssh.run(&peer, &changing("status", sshd.port, "exit 66")).await.unwrap_err();
    assert!(matches!(error, RemoteError::Exited { code: 66, .. }), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_leaves_the_outcome_open_and_is_made_again() {
    let sshd = Sshd::start();
    let (ssh, peer) = (std::sync::Arc::new(sshd.client()), host("127.0.0.1"));
    ssh.run(&peer, &Command::look("true")).await.unwrap();
    let [master] = sshd.masters()[..] else { panic!("one connection") };

    let (started, go_on) = (sshd.path("started"), sshd.path("go-on"));
    let command = changing("lost", sshd.port, "true");
    // It ends by itself where this test fails before it lets it end.
    let script = format!(
        "touch {}; for _ in $(seq 600); do [ -e {} ] && exit; sleep 0.05; done",
        started.display(),
        go_on.display()
    );
    let running = {
        let (ssh, peer, command) = (ssh.clone(), peer.clone(), changing("lost", sshd.port, &script));
        tokio::spawn(async move { ssh.run(&peer, &command).await })
    };
    while !started.exists() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    kill("-9", master);
    let error = running.await.unwrap().unwrap_err();
    assert!(matches!(error, RemoteError::OutcomeUnknown { .. }), "{error:?}");

    // The orphan still holds its lock; another connection is made without being asked for.
    let error = ssh.run(&peer, &command).await.unwrap_err();
    assert!(matches!(error, RemoteError::StillRunning { .. }), "{error:?}");
    assert_ne!(sshd.masters(), [master]);
    std::fs::write(&go_on, "").unwrap();
    ssh.run(&peer, &command).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_commands_at_once_take_turns_on_one_connection() {
    let sshd = Sshd::start();
    let (ssh, peer) = (sshd.client(), host("127.0.0.1"));
    let (command, begin) = (shell("sleep 0.5; seq 20000"), Instant::now());
    let results = futures_util::future::join_all((0..20).map(|_| ssh.run(&peer, &command))).await;
    for result in results {
        assert_eq!(result.unwrap().stdout.lines().count(), 20_000);
    }
    // Eight, eight, four.
    assert!(begin.elapsed() >= Duration::from_millis(1500), "{:?}", begin.elapsed());
    assert_eq!(sshd.masters().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_is_to_tell_whether_a_peer_is_well_waits_behind_none_that_hang() {
    let sshd = Sshd::start();
    let (ssh, peer) = (std::sync::Arc::new(sshd.client()), host("127.0.0.1"));
    let (started, go_on) = (sshd.path("started"), sshd.path("go-on"));
    // All places and more. They end by themselves where this test fails before it lets them end.
    let script = format!(
        "echo >> {}; for _ in $(seq 1200); do [ -e {} ] && exit; sleep 0.05; done",
        started.display(),
        go_on.display()
    );
    let hung: Vec<_> = (0..12)
        .map(|_| {
            let (ssh, peer, command) = (ssh.clone(), peer.clone(), shell(&script));
            tokio::spawn(async move { ssh.run(&peer, &command).await })
        })
        .collect();
    while std::fs::read(&started).unwrap_or_default().len() < 8 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    ssh.run(&peer, &Command::look("true").urgent()).await.unwrap();
    assert!(hung.iter().all(|command| !command.is_finished()), "they hang all the time");
    assert_eq!(std::fs::read(&started).unwrap().len(), 8, "no other went past");
    std::fs::write(&go_on, "").unwrap();
    for command in hung {
        command.await.unwrap().unwrap();
    }
}

/// `cargo test --test ssh -- --ignored --nocapture cost`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures"]
async fn cost_of_a_connection_and_of_a_command() {
    let sshd = Sshd::start();
    let (ssh, peer) = (sshd.client(), host("127.0.0.1"));
    let median = |mut times: Vec<Duration>| {
        times.sort();
        times[times.len() / 2]
    };
    let mut connects = Vec::new();
    for _ in 0..7 {
        ssh.close().await;
        let begin = Instant::now();
        ssh.run(&peer, &Command::look("true")).await.unwrap();
        connects.push(begin.elapsed());
    }
    println!("connect and one command: {:?}", median(connects));
    for command in [Command::look("true"), Command::change("true", LockName::new("cost", sshd.port), LONG)] {
        let mut times = Vec::new();
        for _ in 0..50 {
            let begin = Instant::now();
            ssh.run(&peer, &command).await.unwrap();
            times.push(begin.elapsed());
        }
        println!("one command, lock {}: {:?}", command.lock().is_some(), median(times));
    }
    let begin = Instant::now();
    let command = Command::look("true");
    futures_util::future::join_all((0..200).map(|_| ssh.run(&peer, &command))).await;
    println!("200 at once, each: {:?}", begin.elapsed() / 200);
}
