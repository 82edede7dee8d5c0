//! Our own line drawings, on a grid of 16 by 16.

use yew::{Html, Properties, component, html};

#[derive(Properties, PartialEq)]
pub struct Props {
    /// The drawing's name: a component type's `icon`, or one of the page's own.
    pub name: &'static str,
}

/// The strokes of a drawing, as one path.
const fn strokes(name: &str) -> Option<&'static str> {
    Some(match name.as_bytes() {
        b"client" | b"user" | b"users" => {
            "M8 7.6a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6M2.8 14c.4-2.9 2.5-4.4 5.2-4.4s4.8 1.5 5.2 4.4"
        }
        b"dns" | b"globe" => {
            "M8 14.2a6.2 6.2 0 1 0 0-12.4 6.2 6.2 0 0 0 0 12.4M1.8 8h12.4M8 1.8c2.2 1.9 2.9 4 2.9 6.2S10.2 12.3 8 14.2C5.8 12.3 5.1 10.2 5.1 8S5.8 3.7 8 1.8"
        }
        b"lb" | b"fork" | b"balancer" => {
            "M1.6 8h4.2M5.8 8c3 0 2.4-4.3 5.6-4.3h2.8M5.8 8c3 0 2.4 4.3 5.6 4.3h2.8M12.3 1.8l1.9 1.9-1.9 1.9M12.3 10.4l1.9 1.9-1.9 1.9"
        }
        b"web" | b"window" => {
            "M3.2 2.5h9.6a1.4 1.4 0 0 1 1.4 1.4v8.2a1.4 1.4 0 0 1-1.4 1.4H3.2a1.4 1.4 0 0 1-1.4-1.4V3.9a1.4 1.4 0 0 1 1.4-1.4M1.8 6h12.4M4.2 4.3h.1M6.2 4.3h.1"
        }
        b"app" | b"code" => "M5 4.2L1.4 8 5 11.8M11 4.2L14.6 8 11 11.8M9.3 2.8L6.7 13.2",
        b"db" | b"database" | b"cylinder" => {
            "M2.6 3.9c0-1.2 2.4-2.1 5.4-2.1s5.4.900 5.4 2.1S11 6 8 6 2.6 5.1 2.6 3.9M2.6 3.9v8.2c0 1.2 2.4 2.1 5.4 2.1s5.4-.9 5.4-2.1V3.9M2.6 8c0 1.2 2.4 2.1 5.4 2.1s5.4-.9 5.4-2.1"
        }
        b"cdn" => "M4.600 12.600a2.900 2.900 0 0 1-.4-5.800 4 4 0 0 1 7.700-.500 3.200 3.200 0 0 1-.5 6.300z",
        b"proxy" => {
            "M1.600 8h4.200M10.200 8h4.200M5.800 2.400h4.400v11.200H5.800zM12.600 6.200L14.400 8l-1.800 1.800"
        }
        b"firewall" => {
            "M2 3h12v10H2zM2 6.300h12M2 9.700h12M6 3v3.300M10.600 3v3.300M3.900 6.300v3.400M8.300 6.300v3.400M12.300 6.300v3.400M6 9.700V13M10.600 9.700V13"
        }
        b"flush" => "M3 4.400h10M6.200 4.400V2.600h3.600v1.800M4.400 4.400l.7 9h5.800l.7-9",
        b"fill" => "M3 2.600h10v10.800H3zM3 6h10M3 8.600h10M3 11.200h10",
        b"monitor" => "M1.800 8h2.800l1.800-4.400 3 8.800L11.200 8h3M1.800 2.200h12.400v11.600H1.800z",
        b"deploy" => "M8 1.800l4.400 4.600H9.800v4H6.200v-4H3.600zM2.400 13.600h11.200",
        b"server" => {
            "M2.400 2.400h11.200v4.800H2.400zM2.400 8.800h11.200v4.800H2.400zM4.600 4.800h.1M4.600 11.200h.1M7 4.800h4.400M7 11.200h4.400"
        }
        b"site" => {
            "M2 3.200h12v9.600H2zM4.400 5.600h3v4.800h-3zM9.200 5.600h2.400v2H9.200zM9.200 9h2.400v1.400H9.200z"
        }
        b"partition" => "M5 5h6v6H5zM1.600 8h1.800M12.600 8h1.800M8 1.600v1.800M8 12.600v1.800",
        b"partition_in" => {
            "M7 3h6.400v10H7M1.600 8h6.200M5.400 5.600L7.800 8l-2.400 2.400M10.400 6.400v3.200"
        }
        b"partition_out" => "M9 3H2.600v10H9M8 8h6.200M11.800 5.600L14.200 8l-2.400 2.400M5.600 6.400v3.200",
        b"corrupt" => "M3.400 2.400h9.200v11.200H3.400zM5.800 5.600l4.400 4.400M10.200 5.600l-4.400 4.400",
        b"play" => "M4.6 2.9v10.2L13 8z",
        b"pause" => "M4.8 3.2h1.9v9.6H4.8zM9.3 3.2h1.9v9.6H9.3z",
        b"step" => "M3.6 3.4v9.2L10 8zM12.4 3.4v9.2",
        b"reset" => "M3 3.2v3.4h3.4M3.3 6.4A5.3 5.3 0 1 1 2.7 9",
        b"undo" => "M5.4 3L2.4 6l3 3M2.6 6h6.6a4 4 0 0 1 0 8H6",
        b"redo" => "M10.6 3l3 3-3 3M13.4 6H6.8a4 4 0 0 0 0 8H10",
        b"share" => "M8 10V2M5 4.8L8 1.9l3 2.9M4.6 7.2H3.2v6.6h9.6V7.2h-1.4",
        b"lock" => "M3.600 7.200h8.800v6.200H3.600zM5.400 7.200V5a2.600 2.600 0 0 1 5.200 0v2.200",
        b"desk" => "M1.800 3h12.400v8H1.800zM5 14h6M8 11v3M4.600 6h4.800M4.600 8.200h3",
        b"more" => "M3.2 8h.1M8 8h.1M12.8 8h.1",
        b"help" => {
            "M8 14.2a6.2 6.2 0 1 0 0-12.4 6.2 6.2 0 0 0 0 12.4M6.2 6.3c.1-1.1.9-1.7 1.9-1.7s1.8.7 1.8 1.6c0 1.5-1.9 1.5-1.9 3M8 11.4h.1"
        }
        b"sun" => {
            "M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6M8 1.4v1.4M8 13.2v1.4M1.4 8h1.4M13.2 8h1.4M3.3 3.3l1 1M11.7 11.7l1 1M12.7 3.3l-1 1M4.3 11.7l-1 1"
        }
        b"moon" => "M13.4 9.6A5.8 5.8 0 0 1 6.4 2.6a5.8 5.8 0 1 0 7 7",
        b"plus" => "M8 3v10M3 8h10",
        b"minus" => "M3 8h10",
        b"fit" => "M2.4 5.6V2.4h3.2M13.6 5.6V2.4h-3.2M2.4 10.4v3.2h3.2M13.6 10.4v3.2h-3.2",
        b"close" => "M3.8 3.8l8.4 8.4M12.2 3.8l-8.4 8.4",
        b"down" => "M3.8 6l4.2 4.2L12.2 6",
        b"up" => "M3.8 10L8 5.8l4.2 4.2",
        b"panel-left" => "M2 3h12v10H2zM6 3v10",
        b"panel-right" => "M2 3h12v10H2zM10 3v10",
        b"copy" => "M5.6 5.6h8v8h-8zM10.4 5.4V2.4h-8v8h3",
        b"kill" => "M8.8 1.6L3.2 9h4.2l-.8 5.4L12.8 7H8.4z",
        b"wire" => {
            "M3.4 12.6m-1.6 0a1.6 1.6 0 1 0 3.2 0 1.6 1.6 0 1 0-3.2 0M12.6 3.4m-1.6 0a1.6 1.6 0 1 0 3.2 0 1.6 1.6 0 1 0-3.2 0M5 12.6c6 0 0-9.2 6-9.2"
        }
        b"queue" => "M1.8 5h3.4v6H1.8zM6.3 5h3.4v6H6.3zM10.8 5h3.4v6h-3.4z",
        b"shard" => {
            "M8 1.8v4M8 5.8L3.2 9M8 5.8L12.8 9M8 5.8V9M1.6 9.4h3.2v4.4H1.6zM6.4 9.4h3.2v4.4H6.4zM11.2 9.4h3.2v4.4h-3.2z"
        }
        b"worker" => "M8 1.8l5.4 3.1v6.2L8 14.2l-5.4-3.1V4.9zM8 10.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4",
        b"select-mode" => "M2.4 5V2.4H5M11 2.4h2.6V5M2.4 11v2.6H5M7 7l6.4 2.4-2.8 1.2-1.2 2.8z",
        b"align-left" => "M2.4 2v12M4.8 4.2h8V7h-8zM4.8 9h5v2.8h-5z",
        b"align-right" => "M13.6 2v12M3.2 4.2h8V7h-8zM6.2 9h5v2.8h-5z",
        b"align-top" => "M2 2.4h12M4.2 4.8v8H7v-8zM9 4.8v5h2.8v-5z",
        b"align-bottom" => "M2 13.6h12M4.2 3.2v8H7v-8zM9 6.2v5h2.8v-5z",
        b"align-center" => "M8 1.8v2.4M8 7v2M8 11.8v2.4M3.6 4.2h8.8V7H3.6zM5.2 9h5.6v2.8H5.2z",
        b"align-middle" => "M1.8 8h2.4M7 8h2M11.8 8h2.4M4.2 3.6v8.8H7V3.6zM9 5.2v5.6h2.8V5.2z",
        b"distribute-across" => "M2.4 2.4v11.2M13.6 2.4v11.2M6.4 5h3.2v6H6.4z",
        b"distribute-down" => "M2.4 2.4h11.2M2.4 13.6h11.2M5 6.4v3.2h6V6.4z",
        b"ungroup" => {
            "M2 3.200h3M7 3.200h2M11 3.200h3M2 12.800h3M7 12.800h2M11 12.800h3M2 6.400v3.200M14 6.400v3.200M5.600 6h4.800v4H5.600z"
        }
        b"presenter" => "M1.800 2.600h12.400v8H1.800zM8 10.600v1.800M4.800 14l3.200-1.600 3.200 1.600",
        b"summary" => {
            "M2.600 3.400h10.800v7.200H7.600L4.800 13.200v-2.600H2.600zM5.200 5.800h5.600M5.200 8.200h3.600"
        }
        b"layout" => {
            "M1.8 6.4h3.6v3.2H1.8zM10.6 2.4h3.6v3.2h-3.6zM10.6 10.4h3.6v3.2h-3.6zM5.4 8H8M10.4 4H8v8h2.4"
        }
        b"grow-right" => "M9.2 5.2h5v5.6h-5zM2 8h6.4M4.8 5.2v5.6",
        b"grow-left" => "M1.8 5.2h5v5.6h-5zM7.6 8H14M11.2 5.2v5.6",
        b"grow-up" => "M5.2 1.8v5h5.6v-5zM8 7.6V14M5.2 11.2h5.6",
        b"grow-down" => "M5.2 9.2v5h5.6v-5zM8 2v6.4M5.2 4.8h5.6",
        b"cache" => "M2.4 3.8h11.2v8.4H2.4zM8.8 5.4L6.2 8.4h3.6L7.2 10.8",
        b"resolver" => "M2.2 3.4h8.6M2.2 7h4M2.2 10.6h3M10 12.6a3 3 0 1 0 0-6 3 3 0 0 0 0 6M12.2 11.8l2 2",
        b"minimap" => "M2 3h12v10H2zM4.4 5.4h2.4v2H4.4zM8.4 8.4h3.4v2.4H8.4z",
        b"slower" => "M8 4L4 8l4 4M12.5 4l-4 4 4 4",
        b"faster" => "M8 4l4 4-4 4M3.5 4l4 4-4 4",
        b"slow" => "M4.4 2h7.2M4.4 14h7.2M5.2 2v2.2L8 8l2.8-3.8V2M5.2 14v-2.2L8 8l2.8 3.8V14",
        b"surge" => "M2 12.5l4-4.5 3 2.5 5-7M10.5 3.5H14V7",
        b"scissors" => {
            "M4.2 13.4a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4M11.8 13.4a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4M5.2 10.3L11 2.2M10.8 10.3L5 2.2"
        }
        b"cut" => "M1.6 8h4.2M10.2 8h4.2M6.8 11l2.4-6",
        b"restore" => "M2.6 8.6l3.6 3.6 7.2-8",
        b"paste" => "M5.4 3H3.6v11h8.8V3h-1.8M5.8 1.8h4.4v2.6H5.8z",
        b"duplicate" => "M5.6 5.6h8v8h-8zM10.4 5.4V2.4h-8v8h3M9.6 7.8v3.6M7.8 9.6h3.6",
        b"delete" => "M3 4.4h10M6.2 4.2V2.6h3.6v1.6M4.4 4.6l.6 9h6l.6-9",
        b"rename" => "M3 13l.6-2.8 7.6-7.6 2.2 2.2-7.6 7.6z",
        b"select-all" => "M2.4 2.4h11.2v11.2H2.4zM5.4 5.4h5.2v5.2H5.4z",
        b"find" => "M7 11.6a4.6 4.6 0 1 0 0-9.2 4.6 4.6 0 0 0 0 9.2M10.4 10.4l3.4 3.4",
        b"arrow-left" => "M13 8H3.4M7 4.2L3.2 8 7 11.8",
        b"arrow-right" => "M3 8h9.6M9 4.2L12.8 8 9 11.8",
        b"arrow-up" => "M8 13V3.4M4.2 7L8 3.2 11.8 7",
        b"arrow-down" => "M8 3v9.6M4.2 9L8 12.8 11.8 9",
        b"panel-bottom" => "M2 3h12v10H2zM2 9.5h12",
        b"keyboard" => "M1.8 4.2h12.4v7.6H1.8zM4.4 6.8h.1M6.8 6.8h.1M9.2 6.8h.1M11.6 6.8h.1M5 9.4h6",
        b"documents" => "M5.6 2h4.6l3 3v7H5.6zM10.200 2v3h3M3 4.800V14h7",
        b"picture" => "M2 3h12v10H2zM2 11l3.600-3.600 3 3L11 8l3 3M5.600 5.800h.1",
        b"new" => "M4 2h5l3.2 3.2V14H4zM9 2v3.2h3.2",
        b"open" => "M2 12.8V3.4h4l1.4 1.8H14v7.6z",
        b"save" => "M8 2v7.6M4.8 6.6L8 9.8l3.2-3.2M2.6 11.4v2.2h10.8v-2.2",
        b"limits" => "M8 2.4l6 10.8H2zM8 6.6v3M8 11.4h.1",
        b"commands" => "M3 4l3.6 4L3 12M8 12.4h5.4",
        _ => return None,
    })
}

/// Whether there is a drawing of this name.
#[cfg(test)]
pub const fn exists(name: &str) -> bool {
    strokes(name).is_some()
}

/// What has no drawing of its own.
const ANYTHING: &str = "M8 1.8l5.4 3.1v6.2L8 14.2l-5.4-3.1V4.9z";

/// The strokes of a drawing, of whatever has none too.
pub fn drawing(name: &str) -> &'static str {
    strokes(name).unwrap_or(ANYTHING)
}

#[component]
pub fn Icon(props: &Props) -> Html {
    html! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d={drawing(props.name)} /></svg>
    }
}

/// The product's mark: a ring that does not quite close.
#[component]
pub fn Mark() -> Html {
    html! {
        <svg viewBox="0 0 20 20" aria-hidden="true" focusable="false">
            <path d="M6.1 3.6A7.5 7.5 0 1 0 13.9 3.6" fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round" />
        </svg>
    }
}
