//! The flags and arguments of a command line, in the order they were written, and what of them is refused.

use clap::{Arg, ArgAction, Command, ValueHint};

use super::failure::Failure;
use super::flags::{Asked, Line};
use super::raw;
use crate::words::go::{parse_bool, quoted};
use crate::words::near::nearest;

/// Why a word is refused that would become part of a request.
const NOT_UTF8: &str = "it is not UTF-8";

/// A flag of the command, or else one of the program.
pub(super) fn by_name<'a>(root: &'a Command, command: &'a Command, name: &str) -> Option<&'a Arg> {
    let of = |command: &'a Command| command.get_arguments().find(|arg| arg.get_long() == Some(name));
    of(command).or_else(|| of(root))
}

pub(super) fn by_letter<'a>(root: &'a Command, command: &'a Command, letter: char) -> Option<&'a Arg> {
    let of = |command: &'a Command| command.get_arguments().find(|arg| arg.get_short() == Some(letter));
    of(command).or_else(|| of(root))
}

/// Whether a flag stands for true on its own.
pub(super) fn is_bool(arg: &Arg) -> bool {
    let optional = arg.get_num_args().is_some_and(|count| count.min_values() == 0);
    matches!(arg.get_action(), ArgAction::SetTrue) || optional
}

/// Reads flags and arguments in the order they were written.
pub(super) struct Reader<'a> {
    root: &'a Command,
    leaf: &'a Command,
    given: Vec<(&'a Arg, String)>,
    pub(super) arguments: Vec<String>,
    /// Arguments that follow a truth value at once: which one, and that flag.
    behind_switches: Vec<(usize, &'a Arg)>,
    /// How many arguments stand before `--`.
    pub(super) ended: Option<usize>,
    pub(super) help: bool,
    pub(super) version: bool,
}

impl<'a> Reader<'a> {
    /// For the flags of a command and of the program.
    pub(super) fn new(root: &'a Command, leaf: &'a Command) -> Reader<'a> {
        Reader {
            root,
            leaf,
            given: vec![],
            arguments: vec![],
            behind_switches: vec![],
            ended: None,
            help: false,
            version: false,
        }
    }

    pub(super) fn read(&mut self, line: &[String]) -> Result<(), Failure> {
        let mut words = line.iter();
        let mut switch = None;
        while let Some(word) = words.next() {
            let before = switch.take();
            if word == "--" {
                self.ended = Some(self.arguments.len());
                self.arguments.extend(words.cloned());
                return Ok(());
            }
            if let Some(flag) = word.strip_prefix("--") {
                self.long(flag, &mut words)?;
                let named = (!flag.contains('=')).then(|| by_name(self.root, self.leaf, flag)).flatten();
                switch = named.filter(|arg| is_bool(arg));
            } else if word.starts_with('-') && word != "-" {
                self.short(&word[1..], &mut words)?;
            } else {
                self.behind_switches.extend(before.map(|flag| (self.arguments.len(), flag)));
                self.arguments.push(word.clone());
            }
        }
        Ok(())
    }

    fn long(&mut self, flag: &str, words: &mut std::slice::Iter<'_, String>) -> Result<(), Failure> {
        let (name, value) = match flag.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (flag, None),
        };
        if name.is_empty() || name.starts_with('-') {
            return Err(Failure::new(format!("bad flag syntax: --{flag}")));
        }
        let Some(arg) = by_name(self.root, self.leaf, name) else {
            let switch = self.switch(name, value.as_deref(), &format!("--{name}"))?;
            return if switch { Ok(()) } else { Err(self.unknown_flag(name)) };
        };
        let value = match value {
            Some(value) => value,
            None if is_bool(arg) => "true".to_owned(),
            None => {
                let missing = || Failure::new(format!("flag needs an argument: --{name}"));
                words.next().cloned().ok_or_else(missing)?
            }
        };
        self.give(arg, value)
    }

    fn unknown_flag(&self, name: &str) -> Failure {
        let failure = Failure::new(format!("unknown flag: --{name}"));
        let known = self.leaf.get_arguments().chain(self.root.get_arguments());
        match nearest(name, known.filter(|arg| !arg.is_hide_set()).filter_map(Arg::get_long)) {
            Some(meant) => failure.explained(format!("Did you mean --{meant}?")),
            None => failure,
        }
    }

    /// Letters behind one dash: truth values, the last one perhaps with a value.
    fn short(&mut self, letters: &str, words: &mut std::slice::Iter<'_, String>) -> Result<(), Failure> {
        let mut rest = letters;
        while let Some(letter) = rest.chars().next() {
            rest = &rest[letter.len_utf8()..];
            let value = rest.strip_prefix('=').map(str::to_owned);
            let Some(arg) = by_letter(self.root, self.leaf, letter) else {
                let name = match letter {
                    'h' => "help",
                    'v' => "version",
                    _ => "",
                };
                if !self.switch(name, value.as_deref(), &format!("-{letter}, --{name}"))? {
                    let text = format!("unknown shorthand flag: '{letter}' in -{letters}");
                    return Err(Failure::new(text));
                }
                rest = if value.is_some() { "" } else { rest };
                continue;
            };
            if is_bool(arg) && value.is_none() {
                self.give(arg, "true".to_owned())?;
                continue;
            }
            let value = match value {
                Some(value) => value,
                None if !rest.is_empty() => rest.to_owned(),
                None => {
                    let missing = || format!("flag needs an argument: '{letter}' in -{letters}");
                    words.next().cloned().ok_or_else(|| Failure::new(missing()))?
                }
            };
            return self.give(arg, value);
        }
        Ok(())
    }

    /// The flags that the program itself answers; whether `name` is one of them here.
    fn switch(&mut self, name: &str, value: Option<&str>, shown: &str) -> Result<bool, Failure> {
        let at_root = std::ptr::eq(self.root, self.leaf);
        let on =
            || parse_bool(value.unwrap_or("true")).map_err(|e| bad_value(value.unwrap_or(""), shown, &e));
        match name {
            "help" => self.help = on()?,
            "version" if at_root => self.version = on()?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn give(&mut self, arg: &'a Arg, value: String) -> Result<(), Failure> {
        let value = if is_bool(arg) {
            parse_bool(&value).map_err(|error| bad_value(&value, &shown(arg), &error))?.to_string()
        } else {
            value
        };
        // Of repeated flags the last one counts.
        if !matches!(arg.get_action(), ArgAction::Append) {
            self.given.retain(|(other, _)| !std::ptr::eq(*other, arg));
        }
        self.given.push((arg, value));
        Ok(())
    }

    /// The line for clap.
    pub(super) fn line(mut self, path: Vec<String>) -> Result<Line, Failure> {
        self.refuse_surplus(&path)?;
        self.refuse_other_bytes()?;
        let Reader { root, leaf: _, given, arguments, .. } = self;
        let of_root = |arg: &Arg| root.get_arguments().any(|other| std::ptr::eq(other, arg));
        let mut words: Vec<String> = Vec::new();
        for at_root in [true, false] {
            let flags = given.iter().filter(|(arg, _)| of_root(arg) == at_root);
            words.extend(flags.filter_map(|(arg, value)| canonical(arg, value)));
            if at_root {
                words.extend(path.iter().cloned());
            }
        }
        words.push("--".to_owned());
        words.extend(arguments.iter().cloned());
        let flags = given.iter().filter_map(|(arg, value)| Some((arg.get_long()?.to_owned(), value.clone())));
        let flags = flags.collect();
        Ok(Line { words, asked: Asked { path, flags, arguments } })
    }

    /// Arguments that the command has no use for end it, where heketi-cli passes over them: `volume delete A B`
    /// would delete one of the two. The `true` in `--block true` is what `--block` says anyway.
    fn refuse_surplus(&mut self, path: &[String]) -> Result<(), Failure> {
        let takes_all = |arg: &Arg| matches!(arg.get_action(), ArgAction::Append);
        let takes = self.leaf.get_positionals().count();
        if self.leaf.get_positionals().any(takes_all) || self.arguments.len() <= takes {
            return Ok(());
        }
        let surplus = self.arguments.split_off(takes);
        for (at, word) in surplus.iter().enumerate() {
            let behind = self.behind_switches.iter().find(|(place, _)| *place == takes + at);
            let behind = behind.and_then(|(_, flag)| flag.get_long());
            if behind.is_some() && parse_bool(word) == Ok(true) {
                continue;
            }
            return Err(surplus_word(self.leaf, path, word, behind));
        }
        Ok(())
    }

    /// Any byte can be part of a key or of the name of a file; what becomes part of a request is UTF-8.
    fn refuse_other_bytes(&self) -> Result<(), Failure> {
        let refused = |arg: &Arg, value: &str| !raw::is_plain(value) && !takes_any_byte(arg);
        if let Some((arg, value)) = self.given.iter().find(|(arg, value)| refused(arg, value)) {
            return Err(bad_value(value, &shown(arg), NOT_UTF8));
        }
        if self.leaf.get_positionals().any(takes_any_byte) {
            return Ok(());
        }
        match self.arguments.iter().find(|word| !raw::is_plain(word)) {
            Some(word) => Err(Failure::new(format!("invalid argument {}: {NOT_UTF8}", quoted(word)))),
            None => Ok(()),
        }
    }
}

fn takes_any_byte(arg: &Arg) -> bool {
    arg.get_id() == "secret" || matches!(arg.get_value_hint(), ValueHint::FilePath | ValueHint::DirPath)
}

fn surplus_word(leaf: &Command, path: &[String], word: &str, behind: Option<&str>) -> Failure {
    let command = path.join(" ");
    let advice = match (leaf.get_positionals().next(), behind) {
        (_, Some(flag)) if parse_bool(word).is_ok() => {
            format!("The value of a flag that is true or false stands behind an equals sign: --{flag}={word}")
        }
        (None, _) if leaf.get_arguments().any(|arg| arg.get_id() == "file") => {
            format!("`{command}` takes flags only: the file is given as --json={word}")
        }
        (None, _) => format!("`{command}` takes flags only, see `{command} --help`"),
        (Some(_), _) => format!("`{command}` takes one at a time"),
    };
    Failure::because(format!("too many arguments: {}", quoted(word)), format!("{advice}. Nothing was sent."))
}

/// One flag as clap takes it; none for a truth value that is false anyway, and for a list of nothing.
fn canonical(arg: &Arg, value: &str) -> Option<String> {
    let name = arg.get_long()?;
    match arg.get_action() {
        ArgAction::SetTrue => (value == "true").then(|| format!("--{name}")),
        _ if value.is_empty() && arg.get_value_delimiter().is_some() => None,
        _ => Some(format!("--{name}={value}")),
    }
}

fn shown(arg: &Arg) -> String {
    let name = arg.get_long().unwrap_or_default();
    arg.get_short().map_or_else(|| format!("--{name}"), |letter| format!("-{letter}, --{name}"))
}

pub(super) fn bad_value(value: &str, flag: &str, reason: &str) -> Failure {
    let failure =
        Failure::new(format!("invalid argument {} for {} flag: {reason}", quoted(value), quoted(flag)));
    let takes = match reason.split(':').next().unwrap_or_default() {
        "strconv.ParseBool" => "true or false",
        "strconv.ParseInt" => "a whole number",
        "strconv.ParseFloat" => "a number such as 1.5",
        _ => return failure,
    };
    let name = flag.rsplit(' ').next().unwrap_or(flag);
    failure.explained(format!("{name} takes {takes}"))
}
