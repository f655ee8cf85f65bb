package report

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// written is when every spreadsheet and PDF says that it was made, because the same document has the same bytes. What
// day a report speaks of stands in the report.
var written = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// xlsx writes the document as a workbook: an overview of facts and notes, then a sheet for each table.
func (d Document) xlsx(l Language) ([]byte, error) {
	file := excelize.NewFile()
	defer func() { _ = file.Close() }()
	styles, err := newSheetStyles(file, d.Currency.Digits())
	if err != nil {
		return nil, err
	}
	names := d.sheetNames(l)
	if err := file.SetSheetName("Sheet1", names[0]); err != nil {
		return nil, err
	}
	if err := (sheet{file: file, name: names[0], styles: styles, language: l}).overview(d, names[1:]); err != nil {
		return nil, err
	}
	for i, t := range d.Tables {
		name := names[i+1]
		if _, err := file.NewSheet(name); err != nil {
			return nil, err
		}
		if err := (sheet{file: file, name: name, styles: styles, language: l}).table(d, t); err != nil {
			return nil, err
		}
	}
	stamp := written.Format(time.RFC3339)
	if err := file.SetDocProps(&excelize.DocProperties{
		Creator: "Tallystick", LastModifiedBy: "Tallystick", Created: stamp, Modified: stamp,
		Title: l.of(d.Title), Language: string(l), Identifier: d.ID, Version: fmt.Sprint(d.Version),
	}); err != nil {
		return nil, err
	}
	packed, err := file.WriteToBuffer()
	if err != nil {
		return nil, err
	}
	return repack(packed.Bytes())
}

// repack writes the parts of a workbook again in a fixed order with one fixed time, since a zip keeps both.
func repack(packed []byte) ([]byte, error) {
	in, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return nil, err
	}
	parts := slices.Clone(in.File)
	slices.SortFunc(parts, func(a, b *zip.File) int { // readers look for the content types first: [ sorts before letters
		return strings.Compare(a.Name, b.Name)
	})
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, part := range parts {
		if err := copyPart(w, part); err != nil {
			return nil, fmt.Errorf("pack %s: %w", part.Name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func copyPart(w *zip.Writer, part *zip.File) error {
	from, err := part.Open()
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	to, err := w.CreateHeader(&zip.FileHeader{Name: part.Name, Method: zip.Deflate, Modified: written})
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return err
}
