//! What handlers take out of requests.

use std::str::FromStr;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::header::CONTENT_LENGTH;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::auth::Issuer;
use super::error::ApiError;
use crate::json;
use crate::operations::OpError;

/// A JSON body, read as heketi reads it.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Body<T>, ApiError> {
        let bytes = Bytes::from_request(request, state).await.map_err(|_| ApiError::Parse)?;
        json::decode(&bytes).map(Body).map_err(|_| ApiError::Parse)
    }
}

/// A JSON body whose refusal says what is wrong with it, as heketi has it on two routes.
pub struct ExplainedBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for ExplainedBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<ExplainedBody<T>, ApiError> {
        let bytes = Bytes::from_request(request, state).await.map_err(|_| ApiError::Parse)?;
        json::decode(&bytes).map(ExplainedBody).map_err(|error| {
            // What is no JSON at all has Go's words; the rest would name types of heketi's program.
            let text = json::go::whole(&bytes).err();
            ApiError::NotJson(text.unwrap_or_else(|| error.to_string()))
        })
    }
}

/// A JSON body that counts only where the request names its length, as heketi has it on two routes.
pub struct OptionalBody<T>(pub T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for OptionalBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<OptionalBody<T>, ApiError> {
        let length =
            request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        match length {
            None | Some(0) => Ok(OptionalBody(T::default())),
            Some(_) => Body::from_request(request, state).await.map(|Body(body)| OptionalBody(body)),
        }
    }
}

/// The id in the path. Hex digits that are no id of ours are an object that does not exist.
pub struct Id<T>(pub T);

impl<T: FromStr, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Id<T>, ApiError> {
        let Path(text) =
            Path::<String>::from_request_parts(parts, state).await.map_err(|_| ApiError::NoRoute)?;
        text.parse().map(Id).map_err(|_| ApiError::Operation(OpError::NotFound))
    }
}

/// Whether a `user` and no `admin` asks. Without authentication everybody is an admin.
pub struct IsUser(pub bool);

impl<S: Send + Sync> FromRequestParts<S> for IsUser {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<IsUser, Self::Rejection> {
        Ok(IsUser(parts.extensions.get::<Issuer>() == Some(&Issuer::User)))
    }
}
