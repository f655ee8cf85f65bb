package report

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/signintech/gopdf"
)

// ErrFont says that a PDF cannot be drawn for want of its font.
var ErrFont = errors.New("no font for PDF")

// The files of the font: Noto Sans SC under the SIL Open Font License, in two weights. A PDF's bytes depend on them.
const (
	FontRegular = "NotoSansSC_400Regular.ttf"
	FontBold    = "NotoSansSC_700Bold.ttf"
)

const (
	regular = "regular"
	bold    = "bold"
)

// Fonts are the two weights with which PDF is drawn.
type Fonts struct {
	load func() (*gopdf.FontContainer, error)
}

// OpenFonts finds the fonts in a folder. They are read when the first PDF is drawn, because they are large and most
// programs draw none.
func OpenFonts(folder string) (*Fonts, error) {
	for _, name := range []string{FontRegular, FontBold} {
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			return nil, fmt.Errorf("%w: %w: run `make fonts`, or set font_path to a folder with %s and %s",
				ErrFont, err, FontRegular, FontBold)
		}
	}
	return &Fonts{load: sync.OnceValues(func() (*gopdf.FontContainer, error) { return readFonts(folder) })}, nil
}

func readFonts(folder string) (*gopdf.FontContainer, error) {
	container := &gopdf.FontContainer{}
	for family, name := range map[string]string{regular: FontRegular, bold: FontBold} {
		content, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrFont, err)
		}
		option := gopdf.TtfOption{OnGlyphNotFoundSubstitute: func(rune) rune { return '□' }}
		if err := container.AddTTFFontDataWithOption(family, content, option); err != nil {
			return nil, fmt.Errorf("%w: read %s: %w", ErrFont, name, err)
		}
	}
	return container, nil
}

func (f *Fonts) container() (*gopdf.FontContainer, error) {
	if f == nil {
		return nil, ErrFont
	}
	return f.load()
}
