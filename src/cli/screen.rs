//! The terminal that results are shown on.

use console::Term;

/// What is known of a terminal. Where results go elsewhere there is none, and they look as scripts know them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    /// Columns.
    pub width: usize,
    /// Whether it shows colours, and whoever sits before it wants them.
    pub colours: bool,
}

impl Screen {
    /// The terminal that standard output is, if it is one.
    pub(super) fn of_stdout(variable: &dyn Fn(&str) -> Option<String>) -> Option<Screen> {
        let terminal = Term::stdout();
        let (_, width) = terminal.is_term().then(|| terminal.size())?;
        Some(Screen { width: usize::from(width), colours: colours(variable) })
    }
}

/// Not with `NO_COLOR` (<https://no-color.org>: set to anything but nothing), nor on a terminal that has none.
fn colours(variable: &dyn Fn(&str) -> Option<String>) -> bool {
    let refused = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
    !refused && variable("TERM").is_none_or(|kind| kind != "dumb")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_not_for_everybody() {
        let check = |name: &str, value: &str, expected: bool| {
            let variable = |asked: &str| (asked == name).then(|| value.to_owned());
            assert_eq!(colours(&variable), expected, "{name}={value}");
        };
        check("TERM", "xterm", true);
        check("TERM", "dumb", false);
        check("NO_COLOR", "1", false);
        check("NO_COLOR", "", true);
    }
}
