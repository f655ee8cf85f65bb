package evidence

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// Checkpoint names a log and what it contained. Its text is the body of C2SP's tlog-checkpoint: the
// origin, the size in decimal and the root in base64, a line each. Signatures are added outside, as
// a signed note.
type Checkpoint struct {
	Origin string
	Size   uint64
	Root   Hash
}

// Checkpoint of the log as it stands, under an origin that is unique to it.
func (s LogState) Checkpoint(origin string) Checkpoint {
	if s.Size == 0 {
		return Checkpoint{Origin: origin, Root: EmptyRoot()}
	}
	return Checkpoint{Origin: origin, Size: s.Size, Root: s.Root}
}

// String writes the three lines, each ended by a line feed.
func (c Checkpoint) String() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, base64.StdEncoding.EncodeToString(c.Root[:]))
}

// ParseCheckpoint reads what String writes and nothing else: no extension lines, no signatures and
// no other spelling of the same values.
func ParseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[0] == "" || lines[3] != "" {
		return Checkpoint{}, fmt.Errorf("read checkpoint: %w: want three lines", ErrCheckpoint)
	}
	size, err := strconv.ParseUint(lines[1], 10, 64)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("read checkpoint: %w: size", ErrCheckpoint)
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != len(Hash{}) {
		return Checkpoint{}, fmt.Errorf("read checkpoint: %w: root", ErrCheckpoint)
	}
	c := Checkpoint{Origin: lines[0], Size: size, Root: Hash(root)}
	if c.String() != text {
		return Checkpoint{}, fmt.Errorf("read checkpoint: %w: spelling", ErrCheckpoint)
	}
	return c, nil
}
