//! The one place where a command becomes a line for a shell: the login shell of the peer splits it again.

/// How flock says that the lock stays taken. No program that is run here ends with it.
pub(super) const LOCKED: i32 = 213;

use std::time::Duration;

use super::super::Command;

/// The words of a command with what stands around it on the peer.
///
/// `flock` is outermost, so that the lock lasts until the program has really ended, whatever becomes of us; `-o`,
/// because LVM complains about and closes descriptors that it inherits. `timeout` sends SIGTERM only. Both stay
/// outside sudo, so that the peer's sudoers file names real programs only.
pub(super) fn words(command: &Command, lock_wait: Duration, sudo: bool) -> Vec<String> {
    let mut words: Vec<String> = vec!["env".into(), "LC_ALL=C".into()];
    if let Some(lock) = command.lock() {
        words.extend(["flock".into(), "-o".into(), "-w".into(), lock_wait.as_secs().to_string()]);
        words.extend(["-E".into(), LOCKED.to_string(), lock.path()]);
    }
    words.extend(["timeout".into(), command.time_limit().as_secs().max(1).to_string()]);
    if sudo {
        words.extend(["sudo".into(), "-n".into()]);
    }
    words.push(command.program().to_owned());
    words.extend(command.arguments().iter().cloned());
    words
}

/// A word as a POSIX shell reads it back unchanged; `None` for a NUL, which no argument can hold.
pub(super) fn quote(word: &str) -> Option<String> {
    if word.contains('\0') {
        return None;
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=/,.+:".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return Some(word.to_owned());
    }
    Some(format!("'{}'", word.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::LockName;
    use proptest::prelude::*;

    /// What a real shell makes of quoted words.
    fn through_shell(words: &[String]) -> Vec<String> {
        let line: Vec<String> = words.iter().map(|word| quote(word).unwrap()).collect();
        let script = format!("printf '%s\\0' {}", line.join(" "));
        let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
        let mut found: Vec<String> =
            output.stdout.split(|b| *b == 0).map(|part| String::from_utf8(part.to_vec()).unwrap()).collect();
        found.pop();
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_shell_reads_every_word_back_unchanged(words in proptest::collection::vec("[^\0]{0,12}", 1..5)) {
            prop_assert_eq!(through_shell(&words), words);
        }
    }

    #[test]
    fn nothing_odd_reaches_the_shell() {
        let odd = ["$(reboot)", "`id`", "a;b", "'", "\"", "\\", "-x", "a\nb", "", "*", "!x", "ü"]
            .map(str::to_owned);
        assert_eq!(through_shell(&odd), odd);
        assert_eq!(quote("a\0b"), None);
    }

    #[test]
    fn a_change_holds_its_lock_and_a_look_does_not() {
        let change = Command::change("lvm", LockName::fstab(), Duration::from_secs(300)).arg("lvs");
        assert_eq!(
            words(&change, Duration::from_secs(60), true).join(" "),
            "env LC_ALL=C flock -o -w 60 -E 213 /run/lock/mortar-fstab timeout 300 sudo -n lvm lvs"
        );
        assert_eq!(
            words(&Command::look("true"), Duration::ZERO, false).join(" "),
            "env LC_ALL=C timeout 60 true"
        );
    }
}
