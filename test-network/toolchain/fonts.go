package toolchain

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// fontPackage is the npm package that holds Noto Sans SC, which is under the SIL Open Font License.
const fontPackage = "@expo-google-fonts/noto-sans-sc@0.4.3"

// fontFile is a file of the package, under the name that is kept.
type fontFile struct{ path, name, digest string }

// fontFiles are the two weights with which reports are drawn, and the license that goes with them.
var fontFiles = []fontFile{
	{
		"package/400Regular/NotoSansSC_400Regular.ttf", "NotoSansSC_400Regular.ttf",
		"d45f67f0a7c0ca3f256950777ce6a61cc7ce5f9696d02900cbbaac25f8aa7d16",
	},
	{
		"package/700Bold/NotoSansSC_700Bold.ttf", "NotoSansSC_700Bold.ttf",
		"9a38ae0ab28cd5a256f9ea8e00dedc688aac17f7915fcb000572990afa956b96",
	},
	{
		"package/LICENSE_FONT", "LICENSE_FONT",
		"1c05c68c34f9708415aada51f17e1b0092d2cea709bf4a94cd38114f9e73d7d9",
	},
}

// largestFontFile bounds what is read of one file of the package.
const largestFontFile = 32 << 20

// FontFolder is where the font for PDF reports is kept.
func (t Tools) FontFolder() string { return filepath.Join(t.root, ".tools", "fonts") }

// FetchFonts fetches the font for PDF reports with npm, from whatever registry npm is set up for, unless it is there.
// Nothing is kept whose SHA-256 is not the pinned one.
func (t Tools) FetchFonts(ctx context.Context, progress io.Writer) error {
	unlock, err := Lock(ctx, t.FontFolder()+".lock")
	if err != nil {
		return fmt.Errorf("fetch fonts: %w", err)
	}
	defer unlock()
	if t.fontsKept() {
		return nil
	}
	if _, err := exec.LookPath("npm"); err != nil {
		return fmt.Errorf("fetch fonts: %w: install npm (apt-get install npm), or put %s and %s of %s into %s yourself",
			err, fontFiles[0].name, fontFiles[1].name, fontPackage, t.FontFolder())
	}
	fmt.Fprintf(progress, "fetching the font for PDF reports: %s, 57 MB, once\n", fontPackage)
	folder, err := os.MkdirTemp("", "tallystick-fonts-")
	if err != nil {
		return fmt.Errorf("fetch fonts: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	packing := exec.CommandContext(ctx, "npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", folder, fontPackage)
	packing.Dir = folder // no package of this repository's is meant
	if output, err := packing.CombinedOutput(); err != nil {
		return fmt.Errorf("fetch fonts: npm pack %s: %w: %s: check npm's route to its registry", fontPackage, err, output)
	}
	archives, err := filepath.Glob(filepath.Join(folder, "*.tgz"))
	if err != nil || len(archives) != 1 {
		return fmt.Errorf("fetch fonts: npm left %d packages, not one", len(archives))
	}
	if err := unpackFonts(archives[0], t.FontFolder(), fontFiles); err != nil {
		return fmt.Errorf("fetch fonts: %w", err)
	}
	return nil
}

func (t Tools) fontsKept() bool {
	for _, f := range fontFiles {
		content, err := os.ReadFile(filepath.Join(t.FontFolder(), f.name))
		if err != nil || digestOf(content) != f.digest {
			return false
		}
	}
	return true
}

func digestOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// unpackFonts takes the wanted files out of a package, each checked before it is kept.
func unpackFonts(archive, folder string, wanted []fontFile) error {
	file, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	left := map[string]fontFile{}
	for _, f := range wanted {
		left[f.path] = f
	}
	entries := tar.NewReader(unzipped)
	for len(left) > 0 {
		entry, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("%s lacks %d of the files", fontPackage, len(left))
		}
		if err != nil {
			return err
		}
		f, found := left[entry.Name]
		if !found {
			continue
		}
		if err := keepFont(entries, folder, f); err != nil {
			return err
		}
		delete(left, entry.Name)
	}
	return nil
}

func keepFont(from io.Reader, folder string, f fontFile) error {
	content, err := io.ReadAll(io.LimitReader(from, largestFontFile))
	if err != nil {
		return err
	}
	if got := digestOf(content); got != f.digest {
		return fmt.Errorf("%s has the SHA-256 %s and not %s: it is not the file that was pinned", f.path, got, f.digest)
	}
	fresh := filepath.Join(folder, f.name+".new")
	if err := os.WriteFile(fresh, content, 0o644); err != nil {
		return err
	}
	return os.Rename(fresh, filepath.Join(folder, f.name))
}
