//! What a simulated program prints and how it ends.

/// What a program printed that ended with status 0, or how it refused.
pub type Answer = Result<String, Refused>;

/// A program ended with another status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its exit status.
    pub code: i32,
    /// What it printed on standard output.
    pub stdout: String,
    /// What it printed on standard error.
    pub stderr: String,
}

/// A refusal with a text on standard error, which gets its line feed here.
pub fn refuse(code: i32, text: impl Into<String>) -> Refused {
    let mut stderr = text.into();
    if !stderr.is_empty() {
        stderr.push('\n');
    }
    Refused { code, stdout: String::new(), stderr }
}

/// Ends well without printing anything.
pub fn silent() -> Answer {
    Ok(String::new())
}

/// The arguments of a program, sorted into flags, values and the rest.
pub struct Arguments<'a> {
    flags: Vec<&'a str>,
    values: Vec<(&'a str, &'a str)>,
    rest: Vec<&'a str>,
}

impl<'a> Arguments<'a> {
    /// Sorts arguments: `flags` stand alone, `valued` take a value (`--name=value` or as the next argument).
    ///
    /// # Errors
    /// With the first option that is neither.
    pub fn sort(args: &'a [String], flags: &[&str], valued: &[&str]) -> Result<Arguments<'a>, &'a str> {
        let mut sorted = Arguments { flags: Vec::new(), values: Vec::new(), rest: Vec::new() };
        let mut args = args.iter().map(String::as_str);
        while let Some(arg) = args.next() {
            let pair =
                arg.split_once('=').filter(|(name, _)| valued.contains(name) && name.starts_with("--"));
            if let Some((name, value)) = pair {
                sorted.values.push((name, value));
            } else if flags.contains(&arg) {
                sorted.flags.push(arg);
            } else if valued.contains(&arg) {
                sorted.values.push((arg, args.next().ok_or(arg)?));
            } else if arg.starts_with('-') && arg.len() > 1 {
                return Err(arg);
            } else {
                sorted.rest.push(arg);
            }
        }
        Ok(sorted)
    }

    /// Whether a flag is there.
    pub fn has(&self, flag: &str) -> bool {
        self.flags.contains(&flag)
    }

    /// The last value of an option.
    pub fn value(&self, name: &str) -> Option<&'a str> {
        self.values.iter().rev().find(|(found, _)| *found == name).map(|(_, value)| *value)
    }

    /// What is no option.
    pub fn rest(&self) -> &[&'a str] {
        &self.rest
    }
}
