//! The icons: one 24-unit grid, drawn by the style sheet's stroke in the colour of the text around them.

use yew::prelude::*;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    Alert,
    Cross,
    Eye,
    EyeOff,
    Pencil,
    Plus,
    Trash,
    Unplugged,
}

impl Sign {
    const fn path(self) -> &'static str {
        match self {
            Self::Alert => "M12 8v5M12 16.5v.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18",
            Self::Cross => "M6 6l12 12M18 6L6 18",
            Self::Eye => {
                "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6"
            }
            Self::EyeOff => {
                "M9.9 5.8A9 9 0 0 1 12 5.5c6 0 9.5 6.5 9.5 6.5a16 16 0 0 1-2.8 3.6M6.3 7.2A16 16 0 0 0 2.5 12S6 18.5 12 18.5a9 9 0 0 0 4.3-1.1M9.9 9.9a3 3 0 0 0 4.2 4.2M4 4l16 16"
            }
            Self::Pencil => {
                "M4 20l.9-4L16 4.9a2 2 0 0 1 2.8 0l.3.3a2 2 0 0 1 0 2.8L8 19.1zM14 7l3 3"
            }
            Self::Plus => "M12 5v14M5 12h14",
            Self::Trash => "M4 7h16M9.5 7V4.5h5V7M6.5 7l.8 12.5h9.4L17.5 7M10 11v5M14 11v5",
            Self::Unplugged => {
                "M3 9a13.5 13.5 0 0 1 18 0M6.5 13a8.5 8.5 0 0 1 11 0M10 16.8a3.5 3.5 0 0 1 4 0M4 4l16 16"
            }
        }
    }
}

/// Decoration: the words beside it, or the button's label, say the same.
pub fn icon(sign: Sign) -> Html {
    html! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
            <path d={sign.path()} />
        </svg>
    }
}
