//! What a `user` may do.

use axum::http::Method;

use crate::http::auth::Issuer;

/// heketi's text.
pub(super) const ADMIN_ONLY: &str = "Administrator access required";

/// What heketi leaves unsaid.
pub(super) const ADMIN_ONLY_WHY: &str =
    "A `user` may create and list volumes, and look at the jobs and volumes that users have made.";

/// What lists a user's own only.
const LISTS: [&str; 2] = ["/jobs", "/volumes/summary"];

/// An admin may do everything, a user may create and list volumes.
///
/// Other than in heketi a user may also look at a job and at a volume: the handlers let it see its own ones only.
pub(super) fn allowed(issuer: Issuer, method: &Method, path: &str) -> bool {
    let reads = *method == Method::GET;
    issuer == Issuer::Admin || path == "/volumes" || (reads && (LISTS.contains(&path) || shows_one(path)))
}

fn shows_one(path: &str) -> bool {
    let id = ["/queue/", "/jobs/", "/volumes/"].into_iter().find_map(|part| path.strip_prefix(part));
    // Whole ids only: nothing else could be the user's own.
    id.is_some_and(|id| id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_may_make_volumes_and_look_at_what_came_of_it() {
        let check = |method: Method, path: &str, expected: bool| {
            assert_eq!(allowed(Issuer::User, &method, path), expected, "{method} {path}");
            assert!(allowed(Issuer::Admin, &method, path));
        };
        let id = "0123456789abcdef0123456789abcdef";
        check(Method::GET, "/volumes", true);
        check(Method::DELETE, "/volumes", true);
        check(Method::GET, &format!("/volumes/{id}"), true);
        check(Method::GET, &format!("/queue/{id}"), true);
        check(Method::GET, &format!("/jobs/{id}"), true);
        check(Method::GET, "/jobs", true);
        check(Method::POST, "/jobs", false);
        check(Method::GET, "/volumes/summary", true);
        check(Method::DELETE, &format!("/volumes/{id}"), false);
        check(Method::POST, &format!("/volumes/{id}/expand"), false);
        check(Method::GET, &format!("/nodes/{id}"), false);
        check(Method::GET, &format!("/queue/{id}/"), false);
        check(Method::GET, &format!("/queue/{}", id.to_uppercase()), false);
        for path in ["/volumes/", "/volumes/12", "/queue/12", "/queue/", "/clusters", "/", "/nothing"] {
            check(Method::GET, path, false);
        }
    }
}
