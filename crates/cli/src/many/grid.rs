//! Tables for a reader at a terminal.

use brownout_scenario::replicate::Moments;

/// Columns as wide as what stands in them; the first to the left, the others to the right.
pub struct Grid {
    rows: Vec<Vec<String>>,
    left: Vec<usize>,
}

impl Grid {
    pub fn new(heads: &[&str]) -> Self {
        Self { rows: vec![heads.iter().map(|head| (*head).to_owned()).collect()], left: vec![0] }
    }

    pub fn left(&mut self, column: usize) {
        self.left.push(column);
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    pub fn write(&self, out: &mut String) {
        let columns = self.rows[0].len();
        let widths: Vec<usize> = (0..columns)
            .map(|column| self.rows.iter().map(|row| width(&row[column])).max().unwrap_or(0))
            .collect();
        out.push('\n');
        for (index, row) in self.rows.iter().enumerate() {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let gap = " ".repeat(widths[column] - width(cell));
                if column > 0 {
                    line.push_str("  ");
                }
                if self.left.contains(&column) {
                    line.extend([cell.as_str(), &gap]);
                } else {
                    line.extend([&gap, cell.as_str()]);
                }
            }
            out.push_str(line.trim_end());
            out.push('\n');
            if index == 0 {
                let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
                out.push_str(&rule.join("  "));
                out.push('\n');
            }
        }
    }
}

/// Columns of a terminal; Korean and other wide letters take two.
fn width(text: &str) -> usize {
    let wide = |letter: char| matches!(u32::from(letter), 0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1_f300..=0x1_faff | 0x2_0000..=0x3_fffd);
    text.chars().map(|letter| if wide(letter) { 2 } else { 1 }).sum()
}

/// A terminal must not obey what a document says.
pub fn clean(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(40).collect()
}

/// Three or more significant digits, and no more than a reader wants.
pub fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size >= 1_000.0 => grouped(value.round() as u64),
        size if size >= 100.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

pub fn grouped(value: u64) -> String {
    brownout_scenario::grouped(&value.to_string())
}

/// A mean and half of its confidence interval, as two cells.
pub fn half(moments: Option<&Moments>) -> [String; 2] {
    let Some(moments) = moments.filter(|moments| moments.count > 0) else { return Default::default() };
    [number(moments.mean), moments.half_width().map_or(String::new(), number)]
}
