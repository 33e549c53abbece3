//! The one line that a peer's login shell gets. All quoting of the program happens here.
//!
//! Channels of SSH carry a text, not an argument vector: the peer's sshd gives it to the user's login shell with
//! `-c`. The `openssh` crate sends a raw command as it is, so what is quoted here is what the shell reads.

use std::borrow::Cow;
use std::time::Duration;

use crate::executor::Command;

/// The exit status by which `flock` says that the lock stayed taken. No program that runs here uses it, unlike
/// `flock`'s own proposal of 1 or the 75 of sysexits: it lies above those, above the 124 to 127 of `timeout`,
/// `env` and the shell and the 128 + N of signals, and below the 255 of gluster.
pub(super) const LOCK_TAKEN: i32 = 213;

/// The longest line sent. Linux refuses a single argument of 128 KiB, and the line is one argument of the shell.
const LONGEST: usize = 120 * 1024;

/// A command that cannot be sent; nothing was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unsendable {
    #[error("a word of the command holds a NUL byte, which no program can be given; nothing was sent")]
    Nul,
    #[error("the command is longer than a shell takes ({0} bytes); nothing was sent")]
    TooLong(usize),
}

/// Writes the command with its wrappers, quoted for a POSIX shell.
pub(super) fn compose(command: &Command, sudo: bool, lock_wait: Duration) -> Result<String, Unsendable> {
    let words = words(command, sudo, lock_wait);
    if words.iter().any(|word| word.contains('\0')) {
        return Err(Unsendable::Nul);
    }
    let line = words.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ");
    if line.len() > LONGEST { Err(Unsendable::TooLong(line.len())) } else { Ok(line) }
}

/// The program within its wrappers. `flock` is outermost, so that the lock lasts until the program has really
/// ended; `-o`, because lvm complains about and closes descriptors it inherits. `timeout` sends SIGTERM only: a
/// killed lvm or mount leaves worse behind than a late one. Both stay outside sudo, whose list of allowed
/// programs then names real programs only.
fn words(command: &Command, sudo: bool, lock_wait: Duration) -> Vec<String> {
    let mut words: Vec<String> = vec!["env".into(), "LC_ALL=C".into()];
    if let Some(lock) = command.lock() {
        let (wait, taken) = (lock_wait.as_secs().to_string(), LOCK_TAKEN.to_string());
        words.extend(["flock", "-o", "-w", &wait, "-E", &taken, &lock.path()].map(str::to_owned));
    }
    words.extend(["timeout".to_owned(), seconds(command.time_limit()).to_string()]);
    if sudo {
        words.extend(["sudo".to_owned(), "-n".to_owned()]);
    }
    words.push(command.program().to_owned());
    words.extend(command.arguments().iter().cloned());
    words
}

/// A deadline in whole seconds, rounded up: for `timeout`, 0 means none at all.
pub(super) fn seconds(limit: Duration) -> u64 {
    let started = u64::from(limit.subsec_nanos() > 0);
    (limit.as_secs() + started).max(1)
}

/// Makes one word of a POSIX shell. Within single quotes everything stands for itself, so only these need care.
fn quote(word: &str) -> Cow<'_, str> {
    // `=` at the beginning of a word would be expanded by zsh.
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,@+%=".contains(c);
    if !word.is_empty() && !word.starts_with('=') && word.chars().all(plain) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::executor::LockName;

    const WAIT: Duration = Duration::from_secs(60);

    #[test]
    fn wrappers_stand_in_the_order_that_keeps_the_lock() {
        let look = Command::look("lvs").arg("-o").arg("a b").deadline(Duration::from_millis(1500));
        assert_eq!(compose(&look, false, WAIT).unwrap(), "env LC_ALL=C timeout 2 lvs -o 'a b'");
        let change =
            Command::change("lvcreate", LockName::fstab(), Duration::from_secs(300)).arg("$(reboot)");
        assert_eq!(
            compose(&change, true, WAIT).unwrap(),
            "env LC_ALL=C flock -o -w 60 -E 213 /run/lock/mortar-fstab timeout 300 sudo -n lvcreate '$(reboot)'"
        );
    }

    #[test]
    fn a_deadline_is_never_none() {
        assert_eq!(seconds(Duration::ZERO), 1);
        assert_eq!(seconds(Duration::from_secs(5)), 5);
    }

    #[test]
    fn what_no_shell_can_take_is_refused() {
        assert_eq!(compose(&Command::look("a").arg("b\0c"), false, WAIT), Err(Unsendable::Nul));
        let long = Command::look("a").arg("x".repeat(LONGEST));
        assert!(matches!(compose(&long, false, WAIT), Err(Unsendable::TooLong(_))));
    }

    /// The arguments that a program gets when `shell` runs the line.
    fn through(shell: &str, args: &[String]) -> Vec<Vec<u8>> {
        let printf = Command::look("printf").arg(r"%s\0").args(args.iter().cloned());
        let line = compose(&printf, false, WAIT).unwrap();
        let output = std::process::Command::new(shell).arg("-c").arg(line).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let mut words: Vec<Vec<u8>> = output.stdout.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect();
        assert_eq!(words.pop(), Some(Vec::new()));
        words
    }

    /// Words made of what shells, options and terminals react to.
    fn nasty() -> impl Strategy<Value = String> {
        let pieces = prop::sample::select(vec![
            "'",
            "\"",
            "\\",
            "`",
            "$(touch x)",
            "$HOME",
            "${IFS}",
            ";",
            "&&",
            "|",
            "<",
            ">",
            "\n",
            "\r",
            "\t",
            " ",
            "*",
            "?",
            "[a]",
            "{a,b}",
            "~",
            "#",
            "!",
            "!!",
            "=",
            "-",
            "--",
            "-n",
            "%s",
            "\u{1b}[0m",
            "ü",
            "\u{1f600}",
            "\u{200b}",
            "a",
            "\\n",
            "\\0",
            "'\\''",
            "\u{80}",
        ]);
        prop::collection::vec(pieces, 0..8).prop_map(|pieces| pieces.concat())
    }

    fn without_nul() -> impl Strategy<Value = String> {
        any::<String>().prop_map(|text| text.replace('\0', ""))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn arguments_arrive_unchanged(args in prop::collection::vec(prop_oneof![nasty(), without_nul()], 1..6)) {
            let expected: Vec<Vec<u8>> = args.iter().map(|arg| arg.clone().into_bytes()).collect();
            for shell in ["sh", "bash"] {
                prop_assert_eq!(&through(shell, &args), &expected, "{}", shell);
            }
        }
    }
}
