//! Tables for people: as wide as their terminal, with colours where it has them.

use console::{Alignment, Style, measure_text_width, pad_str, truncate_str};

use super::screen::Screen;

/// Between two columns.
const GAP: &str = "  ";
/// A text is not cut to less than this.
const LEAST: usize = 12;

/// What becomes of a column where the terminal is narrow, and how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Copied by people, so it is never cut.
    Id,
    /// Short, and left out where there is no room.
    Spare,
    /// Cut.
    Text,
    /// To the right.
    Number,
    /// A word for a state, in its colour.
    State,
}

/// A heading with what stands below it.
pub(super) struct Column {
    heading: &'static str,
    kind: Kind,
    cells: Vec<String>,
}

/// Columns of equal length.
pub(super) struct Table(Vec<Column>);

impl Table {
    pub(super) fn new(columns: &[(&'static str, Kind)]) -> Table {
        let column =
            |(heading, kind): &(&'static str, Kind)| Column { heading, kind: *kind, cells: Vec::new() };
        Table(columns.iter().map(column).collect())
    }

    /// Adds a row. Cells come from servers: they must not steer the terminal.
    pub(super) fn row<const N: usize>(&mut self, cells: [String; N]) {
        for (column, cell) in self.0.iter_mut().zip(cells) {
            column.cells.push(cell.chars().filter(|c| !c.is_control()).collect());
        }
    }

    /// The whole of it. Without rows it is nothing.
    pub(super) fn render(&self, screen: Option<Screen>) -> String {
        let columns = self.columns_for(screen);
        let widths = widths(&columns, screen);
        let colours = screen.is_some_and(|screen| screen.colours);
        let rows = columns.first().map_or(0, |column| column.cells.len());
        if rows == 0 {
            return String::new();
        }
        let bold = Style::new().bold().force_styling(colours);
        let heading = line(&columns, &widths, |column| bold.apply_to(column.heading).to_string());
        let rows = (0..rows).map(|row| {
            line(&columns, &widths, |column| match column.kind {
                Kind::State => {
                    state(&column.cells[row]).force_styling(colours).apply_to(&column.cells[row]).to_string()
                }
                _ => column.cells[row].clone(),
            })
        });
        std::iter::once(heading).chain(rows).collect()
    }

    /// Where there is no room, columns are left out that say nothing, and then those that can be spared.
    fn columns_for(&self, screen: Option<Screen>) -> Vec<&Column> {
        let mut columns: Vec<&Column> = self.0.iter().collect();
        if screen.is_some_and(|screen| least_width(&columns) > screen.width) {
            columns.retain(|column| column.cells.iter().any(|cell| !cell.is_empty()));
        }
        while let Some(screen) = screen
            && least_width(&columns) > screen.width
            && let Some(spare) = columns.iter().rposition(|column| column.kind == Kind::Spare)
        {
            columns.remove(spare);
        }
        columns
    }
}

impl Column {
    fn width(&self) -> usize {
        let cells = self.cells.iter().map(|cell| measure_text_width(cell));
        cells.chain([self.heading.len()]).max().unwrap_or_default()
    }

    fn least(&self) -> usize {
        if self.kind == Kind::Text { self.width().min(LEAST) } else { self.width() }
    }
}

fn with_gaps(widths: impl Iterator<Item = usize>) -> usize {
    let (count, sum) = widths.fold((0_usize, 0), |(count, sum), width| (count + 1, sum + width));
    sum + count.saturating_sub(1) * GAP.len()
}

fn least_width(columns: &[&Column]) -> usize {
    with_gaps(columns.iter().map(|column| column.least()))
}

/// The widest texts give way first.
fn widths(columns: &[&Column], screen: Option<Screen>) -> Vec<usize> {
    let mut widths: Vec<usize> = columns.iter().map(|column| column.width()).collect();
    let Some(screen) = screen else { return widths };
    while with_gaps(widths.iter().copied()) > screen.width {
        let can_give = |(at, column): &(usize, &&Column)| widths[*at] > column.least();
        let Some((widest, _)) = columns.iter().enumerate().filter(can_give).max_by_key(|(at, _)| widths[*at])
        else {
            break;
        };
        widths[widest] -= 1;
    }
    widths
}

/// One line. Nothing stands behind the last cell.
fn line(columns: &[&Column], widths: &[usize], cell: impl Fn(&Column) -> String) -> String {
    let cells = columns.iter().zip(widths).map(|(column, width)| {
        let side = if column.kind == Kind::Number { Alignment::Right } else { Alignment::Left };
        pad_str(&truncate_str(&cell(column), *width, "…"), *width, side, None).into_owned()
    });
    let line = cells.collect::<Vec<_>>().join(GAP);
    format!("{}\n", line.trim_end())
}

/// The colour of a state.
fn state(word: &str) -> Style {
    match word {
        "online" => Style::new().green(),
        "offline" => Style::new().yellow(),
        "removed" | "failed" => Style::new().red(),
        _ => Style::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&[
            ("ID", Kind::Id),
            ("NAME", Kind::Text),
            ("SIZE", Kind::Number),
            ("STATE", Kind::State),
            ("CLUSTER", Kind::Spare),
        ]);
        let cells = |id: &str, name: &str, size: &str, state: &str| {
            [id.to_owned(), name.to_owned(), size.to_owned(), state.to_owned(), "c".repeat(8)]
        };
        table.row(cells("1234", "a", "5", "online"));
        table.row(cells("5678", "a name of some length", "1000", "offline"));
        table
    }

    fn check(width: usize, colours: bool, expected: &[&str]) {
        let rendered = table().render(Some(Screen { width, colours }));
        assert_eq!(rendered.lines().collect::<Vec<_>>(), expected, "{width}");
    }

    #[test]
    fn what_fits_is_shown_whole() {
        let whole = [
            "ID    NAME                   SIZE  STATE    CLUSTER",
            "1234  a                         5  online   cccccccc",
            "5678  a name of some length  1000  offline  cccccccc",
        ];
        check(52, false, &whole);
        assert_eq!(table().render(None).lines().collect::<Vec<_>>(), whole);
    }

    #[test]
    fn texts_are_cut_then_columns_left_out_and_ids_never_touched() {
        check(
            46,
            false,
            &[
                "ID    NAME             SIZE  STATE    CLUSTER",
                "1234  a                   5  online   cccccccc",
                "5678  a name of some…  1000  offline  cccccccc",
            ],
        );
        check(
            40,
            false,
            &[
                "ID    NAME                 SIZE  STATE",
                "1234  a                       5  online",
                "5678  a name of some len…  1000  offline",
            ],
        );
    }

    #[test]
    fn columns_that_say_nothing_are_left_out_first() {
        let mut table = Table::new(&[("ID", Kind::Id), ("BLOCK", Kind::Text), ("CLUSTER", Kind::Spare)]);
        table.row(["1234".to_owned(), String::new(), "c1".to_owned()]);
        let at = |width| table.render(Some(Screen { width, colours: false }));
        assert_eq!(at(20), "ID    BLOCK  CLUSTER\n1234         c1\n");
        assert_eq!(at(19), "ID    CLUSTER\n1234  c1\n");
        assert_eq!(at(12), "ID\n1234\n");
    }

    #[test]
    fn colours_take_no_room() {
        let rendered = table().render(Some(Screen { width: 52, colours: true }));
        assert!(rendered.contains("\u{1b}[1mID\u{1b}[0m    \u{1b}[1mNAME"), "{rendered:?}");
        assert!(rendered.contains("  \u{1b}[32monline\u{1b}[0m   cccccccc\n"), "{rendered:?}");
        let plain = console::strip_ansi_codes(&rendered).into_owned();
        assert_eq!(plain, table().render(None));
    }

    #[test]
    fn nothing_is_an_empty_text() {
        assert_eq!(Table::new(&[("ID", Kind::Id)]).render(None), "");
    }

    #[test]
    fn a_name_cannot_steer_the_terminal() {
        let mut table = Table::new(&[("NAME", Kind::Text)]);
        table.row(["a\u{1b}[2Jb".to_owned()]);
        assert_eq!(table.render(None), "NAME\na[2Jb\n");
    }
}
