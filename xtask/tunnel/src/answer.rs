//! Bodies of answers, of a bounded length.

use anyhow::{Result, ensure};
use reqwest::Response;

pub async fn read(mut answer: Response, max: usize) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        ensure!(body.len() + chunk.len() <= max, "the answer has more than {max} bytes");
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
