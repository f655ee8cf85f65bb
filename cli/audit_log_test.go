package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tallystick/tallystick/gateway-app/client"
)

// writeAccessLogs exports an access log of five rows, whole and as somebody gets it from whom the second and fourth are
// withheld, and some that were tampered with.
func writeAccessLogs(folder string) error {
	var rows []client.AccessRow
	previous := client.AccessLogGenesis
	for i := range 5 {
		row, err := client.AccessContent{
			At: "2026-03-02T08:00:00.000000Z", Actor: "u1", Operation: "party.read", Decision: "allowed", Subject: fmt.Sprint(i),
			Confidential: i%2 == 1,
		}.Seal(int64(i+1), previous, client.NewAccessSalt())
		if err != nil {
			return err
		}
		rows, previous = append(rows, row), row.Hash
	}
	altered := slices.Clone(rows)
	altered[2].Actor = "u2"
	withheld := slices.Clone(rows)
	withheld[1], withheld[3] = rows[1].Withhold(), rows[3].Withhold()
	redigested, bared := slices.Clone(withheld), slices.Clone(withheld)
	redigested[3].Digest = rows[0].Digest
	bared[2].Subject = "9"
	for name, log := range map[string][]client.AccessRow{
		"access":  rows,
		"altered": altered, "withheld": withheld, "redigested": redigested, "bared": bared,
		"deleted": slices.Delete(slices.Clone(rows), 2, 3),
		"moved":   {rows[0], rows[1], rows[3], rows[2], rows[4]},
	} {
		var text strings.Builder
		encoder := json.NewEncoder(&text)
		for _, row := range log {
			if err := encoder.Encode(row); err != nil {
				return err
			}
		}
		if err := os.WriteFile(filepath.Join(folder, name+".ndjson"), []byte(text.String()), 0o600); err != nil {
			return err
		}
	}
	return nil
}
