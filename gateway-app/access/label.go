package access

import "encoding/base64"

// labelColumn is a column in which an administrator writes what they like: it is sealed, because that may be
// somebody's name.
const labelColumn = "label"

func (d *Directory) sealLabel(table, row, label string) (string, error) {
	sealed, err := d.sealer.Seal(table, row, labelColumn, []byte(label))
	return base64.StdEncoding.EncodeToString(sealed), err
}

// openLabel opens a label; none is none.
func (d *Directory) openLabel(table, row, sealed string) (string, error) {
	if sealed == "" {
		return "", nil
	}
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return "", err
	}
	label, err := d.sealer.Open(table, row, labelColumn, raw)
	return string(label), err
}
