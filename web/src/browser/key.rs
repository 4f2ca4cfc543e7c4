//! Keys of new todos: sent along, so that the server adds a todo once, however often it is sent.

use web_sys::js_sys::Math;

/// A UUID (version 4). It is no secret, and needs to differ from the user's other keys only.
pub fn fresh() -> String {
    format(std::array::from_fn(|_| word()))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is below 2^32")]
fn word() -> u32 {
    (Math::random() * (f64::from(u32::MAX) + 1.0)) as u32
}

/// The version and the variant stand in fixed bits.
fn format([a, b, c, d]: [u32; 4]) -> String {
    let (b, c) = (b & 0xffff_0fff | 0x4000, c & 0x3fff_ffff | 0x8000_0000);
    format!("{a:08x}-{:04x}-{:04x}-{:04x}-{:04x}{d:08x}", b >> 16, b & 0xffff, c >> 16, c & 0xffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_uuid_whatever_the_chance() {
        assert_eq!(format([0; 4]), "00000000-0000-4000-8000-000000000000");
        assert_eq!(format([u32::MAX; 4]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        let words = [0x0123_4567, 0x89ab_cdef, 0x0123_4567, 0x89ab_cdef];
        assert_eq!(format(words), "01234567-89ab-4def-8123-456789abcdef");
    }
}
