"""`make docs`: write the generated pages."""

from pathlib import Path

from tools.reference import PAGES

DIRECTORY = Path(__file__).resolve().parents[2] / "docs" / "reference"


def main() -> None:
    """Write every page that is not as it should be."""
    for name, page in PAGES.items():
        path, text = DIRECTORY / name, page()
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            print(f"docs/reference/{name}")


if __name__ == "__main__":
    main()
