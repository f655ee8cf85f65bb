package tallystick_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// topLevel is the folder map: what a clone holds at its root.
var topLevel = []string{
	".ci", ".gitattributes", ".gitignore", ".golangci.yml", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE",
	"Makefile", "README.md", "SECURITY.md", "chaincode", "cli", "core", "docs", "gateway-app", "go.mod",
	"go.sum", "network", "scripts", "test-network",
}

// forbidden are the things that no file of ours says. The patterns are written so that they do not
// match themselves.
var forbidden = []struct {
	what    string
	pattern *regexp.Regexp
}{
	{"a path of one machine", regexp.MustCompile(`(?:^|[\s"'=(:\x60,])/(?:work|root|home/\w+|Users/\w+)/`)},
	{"a package registry's host", regexp.MustCompile(`\b(?:(?:proxy|sum|index)\.golang\.org|goproxy\.(?:io|cn)|` +
		`registry\.npmjs\.org|npmmirror\.com|pypi\.org|files\.pythonhosted\.org|crates\.io|rubygems\.org|` +
		`deb\.debian\.org|archive\.ubuntu\.com|(?:cran|cloud)\.r-project\.org|docker\.io|ghcr\.io|` +
		`repo1?\.maven\.(?:org|apache\.org))\b`)},
	{"unfinished", regexp.MustCompile(`\b(?:T[O]DO|F[I]XME|H[A]CK)\b|(?i:\bp[l]aceholder\b|\bn[o]t implemented\b|\bf[o]r now\b)`)},
}

// attribute is a form field's hint, which HTML gives the name of something unfinished.
var attribute = regexp.MustCompile(`\bp[l]aceholder=`)

// textFindings reads one file line by line. Files that are not text are passed over.
func textFindings(name, text string, foreign []string) []string {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return nil
	}
	var findings []string
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = attribute.ReplaceAllString(line, "")
		for _, rule := range forbidden {
			if found := rule.pattern.FindString(line); found != "" {
				findings = append(findings, fmt.Sprintf("%s:%d: %s: %q", name, number, rule.what, found))
			}
		}
		for _, place := range foreign {
			if strings.Contains(line, place) {
				findings = append(findings, fmt.Sprintf("%s:%d: a path of this machine: %q", name, number, place))
			}
		}
	}
	return findings
}

// foreignPaths are this clone's own place and its user's home. A place at the top of the file system
// is left out: its name is everybody's.
func foreignPaths(root string) []string {
	var places []string
	home, err := os.UserHomeDir()
	if err != nil {
		home = "" // an account without a home has no path to give away
	}
	for _, place := range []string{root, home} {
		if place = strings.TrimSuffix(place, "/"); strings.Count(place, "/") > 1 {
			places = append(places, place+"/")
		}
	}
	return places
}

// topLevelFindings names what the folder map does not.
func topLevelFindings(paths []string) []string {
	var findings []string
	for _, name := range paths {
		entry, _, _ := strings.Cut(name, "/")
		known := slices.Contains(topLevel, entry) ||
			strings.HasPrefix(entry, "tidy_") && strings.HasSuffix(entry, "_test.go")
		if !known && !slices.Contains(findings, entry+" has no place at the top level") {
			findings = append(findings, entry+" has no place at the top level")
		}
	}
	return findings
}
