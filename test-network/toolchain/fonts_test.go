package toolchain

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// packed writes a package as npm does.
func packed(t *testing.T, files map[string]string) string {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	w := tar.NewWriter(zipped)
	for name, content := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(content)), Mode: 0o644, Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "package.tgz")
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// A file is kept under its name if it is the one that was pinned; another is not, and neither is one that lies
// elsewhere in the package.
func TestUnpackFontsChecksEachFile(t *testing.T) {
	archive := packed(t, map[string]string{"package/a/font.ttf": "a font", "package/../../escaped": "x"})
	good := fontFile{"package/a/font.ttf", "font.ttf", digestOf([]byte("a font"))}
	folder := t.TempDir()
	if err := unpackFonts(archive, folder, []fontFile{good}); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 || entries[0].Name() != "font.ttf" {
		t.Errorf("kept %v: %v", entries, err)
	}
	other := good
	other.digest = digestOf([]byte("another font"))
	folder = t.TempDir()
	if err := unpackFonts(archive, folder, []fontFile{other}); err == nil || !strings.Contains(err.Error(), "not the file that was pinned") {
		t.Errorf("another file than the pinned one: %v", err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 0 {
		t.Errorf("kept %v: %v", entries, err)
	}
	absent := good
	absent.path = "package/b/font.ttf"
	if err := unpackFonts(archive, t.TempDir(), []fontFile{absent}); err == nil {
		t.Error("a package without the file was taken")
	}
}

// Without npm the remedy is named.
func TestFetchFontsNamesTheRemedy(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	err := ToolsOf(t.TempDir()).FetchFonts(t.Context(), os.Stderr)
	if err == nil || !strings.Contains(err.Error(), "install npm") {
		t.Errorf("%v", err)
	}
}
