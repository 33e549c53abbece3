//! What is expected of several routes.

/// Changes of tags that are not valid, and what is said of them.
pub const TAGS: &[(&str, &str)] = &[
    ("{}", "validation failed: change_type: cannot be blank."),
    (
        r#"{"change_type": "append", "tags": {"a": "b"}}"#,
        "validation failed: change_type: must be a valid value.",
    ),
    (r#"{"change_type": "Set"}"#, "validation failed: change_type: must be a valid value."),
    (r#"{"change_type": "set", "tags": {"": "x"}}"#, "validation failed: tags: tag names may not be empty."),
    (
        r#"{"change_type": "update", "tags": {"a/b": ""}}"#,
        "validation failed: tags: invalid characters in tag name a/b.",
    ),
    // Those that are to be deleted have to be valid, too.
    (
        r#"{"change_type": "delete", "tags": {"a b": ""}}"#,
        "validation failed: tags: invalid characters in tag name a b.",
    ),
    (
        r#"{"change_type": "", "tags": {"": "x"}}"#,
        "validation failed: change_type: cannot be blank; tags: tag names may not be empty.",
    ),
    (
        r#"{"change_type": "set", "tags": {"éééééééééééééééééééééééééééééééééé": "x"}}"#,
        "validation failed: tags: tag name éééééééééééééééééééééééééééééééééé: the length must be between 1 and 32.",
    ),
];

/// The same of states.
pub const STATES: &[(&str, &str)] = &[
    ("{}", "validation failed: state: cannot be blank."),
    (r#"{"healcheck": "disable"}"#, "validation failed: state: cannot be blank."),
    (r#"{"state": "removed"}"#, "validation failed: state: removed is not valid state."),
    (r#"{"state": "Failed"}"#, "validation failed: state: Failed is not valid state."),
    // This one is looked at first, and nothing else then.
    (
        r#"{"state": "removed", "healcheck": "maybe"}"#,
        "validation failed: healcheck: maybe is not valid heal info check.",
    ),
    (
        r#"{"state": "failed", "healcheck": "Disable"}"#,
        "validation failed: healcheck: Disable is not valid heal info check.",
    ),
];
