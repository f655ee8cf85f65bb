package e2e_test

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// window is how many bytes of a secret's encoding the search goes by before it compares the whole.
const window = 8

// register holds what must be found in no block and no log, and who planted it.
type register struct {
	mu      sync.Mutex
	planted map[string]string
}

// secrets is the one register of all tests.
var secrets = register{planted: map[string]string{}}

// add plants texts. One that is too short to be told from chance would make the search worthless.
func (r *register) add(what string, texts ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, text := range texts {
		if len(text) < window {
			panic(fmt.Sprintf("%s: a secret of %d bytes is found by chance", what, len(text)))
		}
		r.planted[text] = what
	}
}

// needle is one way in which a secret may be written.
type needle struct{ encoding, text, what string }

// needles index every encoding of every secret by its first bytes.
func (r *register) needles() map[uint64][]needle {
	r.mu.Lock()
	defer r.mu.Unlock()
	index := map[uint64][]needle{}
	for text, what := range r.planted {
		for encoding, encoded := range encodings(text) {
			first := binary.LittleEndian.Uint64([]byte(encoded))
			index[first] = append(index[first], needle{encoding, encoded, what})
		}
	}
	return index
}

// encodings are the ways in which bytes are written in blocks and logs: as they are, as hexadecimal, and
// as base64, whose text depends on where in a group of three the secret begins. What a text in
// hexadecimal stands for is looked for too.
func encodings(text string) map[string]string {
	all := map[string]string{}
	add := func(as string, raw []byte) {
		all[as] = string(raw)
		all[as+", hexadecimal"] = hex.EncodeToString(raw)
		all[as+", upper-case hexadecimal"] = strings.ToUpper(hex.EncodeToString(raw))
		for shift := range 3 {
			padded := append(make([]byte, shift), raw...)
			padded = padded[:len(padded)-len(padded)%3]
			skip := (shift*8 + 5) / 6 // characters that the padding has a part in
			all[fmt.Sprintf("%s, base64 at %d", as, shift)] = base64.StdEncoding.EncodeToString(padded)[skip:]
			all[fmt.Sprintf("%s, base64url at %d", as, shift)] = base64.URLEncoding.EncodeToString(padded)[skip:]
		}
	}
	add("plain", []byte(text))
	if raw, err := hex.DecodeString(text); err == nil && len(raw) >= window {
		add("its bytes", raw)
	}
	return all
}

// find names the secrets that a text holds.
func find(text []byte, index map[uint64][]needle) []needle {
	var found []needle
	var filter [1 << 16]bool // most places are ruled out by two bytes
	for first := range index {
		filter[first&0xffff] = true
	}
	for at := 0; at+window <= len(text); at++ {
		if !filter[binary.LittleEndian.Uint16(text[at:])] {
			continue
		}
		for _, n := range index[binary.LittleEndian.Uint64(text[at:])] {
			if len(text)-at >= len(n.text) && string(text[at:at+len(n.text)]) == n.text {
				found = append(found, n)
			}
		}
	}
	return found
}

// search looks for every secret in every block, as each peer and each consenter keeps it on disk, and
// in every log.
func (r *register) search(t *testing.T, c *consortium) {
	t.Helper()
	r.searchIn(t, c.blocksAndLogs(t))
}

// blocksAndLogs are the files that many may read, by their kind.
func (c *consortium) blocksAndLogs(t *testing.T) map[string][]string {
	t.Helper()
	places := map[string][]string{"log": filesIn(t, c.folder("logs"))}
	for _, member := range c.members() {
		places["block"] = append(places["block"],
			filesIn(t, c.folder("members", member, "peer", "data", "ledgersData", "chains", "chains"))...)
		places["ordered block"] = append(places["ordered block"],
			filesIn(t, c.folder("members", member, "consenter", "data", "chains"))...)
	}
	return places
}

// searchIn fails the test for each secret that it finds, and if there was nothing to search.
func (r *register) searchIn(t *testing.T, places map[string][]string) {
	t.Helper()
	index := r.needles()
	if len(index) == 0 {
		t.Error("there is no secret to search for")
	}
	for kind, paths := range places {
		var size int
		for _, path := range paths {
			text := readFile(t, path)
			size += len(text)
			for _, n := range find(text, index) {
				t.Errorf("a %s (%s) gives away what %s wants kept: %q", kind, filepath.Base(path), n.what+", "+n.encoding, n.text)
			}
		}
		if size == 0 {
			t.Errorf("there is no %s to search", kind)
		}
		t.Logf("%d secrets, none of them in %d bytes of every %s", len(r.planted), size, kind)
	}
}

func filesIn(t *testing.T, folder string) []string {
	t.Helper()
	var paths []string
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatalf("look for what there is to search: %v", err)
	}
	return paths
}

// The search itself finds a secret however it is written, wherever it begins.
func TestTheSearchFindsASecretInEveryEncoding(t *testing.T) {
	const secret = "00112233445566778899aabbccddeeff"
	r := register{planted: map[string]string{}}
	r.add("this test", secret)
	raw, err := hex.DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range [][]byte{[]byte(secret), raw} {
		for shift := range 7 {
			text := append(make([]byte, shift), append(append([]byte{}, form...), "after"...)...)
			for name, encoded := range map[string]string{
				"plain": string(text), "hexadecimal": hex.EncodeToString(text), "upper": strings.ToUpper(hex.EncodeToString(text)),
				"base64": base64.StdEncoding.EncodeToString(text), "base64url": base64.RawURLEncoding.EncodeToString(text),
			} {
				if len(find([]byte(encoded), r.needles())) == 0 {
					t.Errorf("not found after %d bytes, %s", shift, name)
				}
			}
		}
	}
	if found := find([]byte("0011223344556677 and nothing of it"), r.needles()); len(found) > 0 {
		t.Errorf("found %v where it is not", found)
	}
}
