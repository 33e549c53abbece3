//! Which paths and methods there are. Taken from the OpenAPI document, so that the two cannot differ.

use axum::http::Method;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::PathItem;

use crate::http::docs::PATH as DOCS;

/// heketi's text for what matches no route.
pub(super) const NO_ROUTE: &str = "Invalid path or request";

/// What heketi leaves unsaid.
pub(super) const NO_ROUTE_WHY: &str = "There is no such path. Paths are case-sensitive and ids are hex digits; the OpenAPI document has all of them.";

/// `GET` of these needs no token; with a slash or another method they are unknown.
const OPEN: &[&str] = &["/hello", "/metrics", "/openapi.json"];

/// Whether a `GET` of this path needs no token.
pub(super) fn is_open(path: &str) -> bool {
    OPEN.contains(&path) || is_docs(path)
}

/// The page that shows the document, and all that is below it; likewise.
fn is_docs(path: &str) -> bool {
    path.strip_prefix(DOCS).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What a request leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// A route.
    Route,
    /// A route, but for the slash at the end.
    WithoutSlash,
    /// A path that has routes for other methods.
    OtherMethod,
    /// No path at all.
    Nothing,
}

/// All routes that need a token.
pub(super) struct RouteTable {
    paths: Vec<Known>,
}

struct Known {
    template: String,
    segments: Vec<Segment>,
    methods: Vec<Method>,
}

enum Segment {
    Text(String),
    /// One or more hex digits in any case.
    Id,
}

impl RouteTable {
    /// The routes of a document.
    pub(super) fn of(document: &OpenApi) -> RouteTable {
        let described = document.paths.paths.iter().filter(|(path, _)| !OPEN.contains(&path.as_str()));
        RouteTable { paths: described.map(|(path, item)| Known::new(path, methods(item))).collect() }
    }

    /// The template that a decoded path fits.
    pub(super) fn template(&self, path: &str) -> Option<&str> {
        let open = OPEN.iter().find(|open| **open == path).copied().or(is_docs(path).then_some(DOCS));
        let bare = path.strip_suffix('/').unwrap_or(path);
        let known = || self.paths.iter().find(|known| known.fits(bare));
        open.or_else(|| known().map(|known| known.template.as_str()))
    }

    /// `path` is decoded and clean.
    pub(super) fn find(&self, method: &Method, path: &str) -> Found {
        let (bare, slash) = match path.strip_suffix('/') {
            Some(bare) if !bare.is_empty() => (bare, true),
            _ => (path, false),
        };
        let mut known = self.paths.iter().filter(|known| known.fits(bare)).peekable();
        if known.peek().is_none() {
            return Found::Nothing;
        }
        match (known.any(|known| known.methods.contains(method)), slash) {
            (true, false) => Found::Route,
            (true, true) => Found::WithoutSlash,
            (false, _) => Found::OtherMethod,
        }
    }
}

impl Known {
    fn new(path: &str, methods: Vec<Method>) -> Known {
        Known { template: path.to_owned(), segments: segments(path), methods }
    }

    fn fits(&self, path: &str) -> bool {
        let mut given = path.split('/').skip(1);
        let all = self.segments.iter().all(|segment| given.next().is_some_and(|text| segment.fits(text)));
        all && given.next().is_none()
    }
}

impl Segment {
    fn fits(&self, text: &str) -> bool {
        match self {
            Segment::Text(expected) => expected == text,
            Segment::Id => !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit()),
        }
    }
}

fn segments(path: &str) -> Vec<Segment> {
    let segment =
        |text: &str| if text.starts_with('{') { Segment::Id } else { Segment::Text(text.to_owned()) };
    path.split('/').skip(1).map(segment).collect()
}

fn methods(item: &PathItem) -> Vec<Method> {
    let all = [
        (Method::GET, item.get.is_some()),
        (Method::PUT, item.put.is_some()),
        (Method::POST, item.post.is_some()),
        (Method::DELETE, item.delete.is_some()),
        (Method::PATCH, item.patch.is_some()),
    ];
    all.into_iter().filter(|(_, described)| *described).map(|(method, _)| method).collect()
}
