package serve

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestServicesAreReachedOverHTTPS(t *testing.T) {
	for what, c := range map[string]struct {
		settings Settings
		want     string // of the message; empty: taken
	}{
		"nobody":                   {Settings{}, ""},
		"the local bureau":         {Settings{BureauURL: "local"}, ""},
		"https":                    {Settings{KYCURL: "https://numbers.example.org/check", BureauURL: "https://bureau.example.org"}, ""},
		"plain HTTP":               {Settings{KYCURL: "http://numbers.example.org"}, "kyc_url: it is not HTTPS"},
		"plain HTTP with leave":    {Settings{BureauURL: "http://10.0.0.1", ServicesOnLoopback: true}, "bureau_url: it is not HTTPS"},
		"this machine":             {Settings{KYCURL: "http://127.0.0.1:8080"}, "services_on_loopback"},
		"this machine, with leave": {Settings{KYCURL: "http://localhost:8080", BureauURL: "http://[::1]:1", ServicesOnLoopback: true}, ""},
		"a path":                   {Settings{KYCURL: "/check"}, "kyc_url: this is no URL"},
		"no URL":                   {Settings{BureauURL: "https://%zz"}, "bureau_url: this is no URL"},
		"another scheme":           {Settings{KYCURL: "ftp://numbers.example.org"}, "kyc_url: it is not HTTPS"},
		"a password":               {Settings{KYCURL: "https://me:secret@numbers.example.org"}, "kyc_url: the URL holds credentials"},
		"a token of nobody":        {Settings{BureauURL: "local", BureauTokenPath: "token"}, "bureau_url is missing"},
		"a negative age":           {Settings{LeastAgeYears: -1}, "least_age_years"},
	} {
		err := c.settings.checkServices()
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", what, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %q", what, err, c.want)
		case err != nil && strings.Contains(err.Error(), "secret@"):
			t.Errorf("%s: the message repeats a password: %v", what, err)
		}
	}
}

func TestTokensComeFromFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	for text, want := range map[string]string{"abc\n": "abc", "": "", "two words": "", "two\nlines": ""} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := token("kyc_token_path", path)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("of %q the token is %q, %v", text, got, err)
		}
		if err != nil && strings.Contains(err.Error(), "words") {
			t.Errorf("the message repeats the token: %v", err)
		}
	}
	if got, err := token("kyc_token_path", ""); got != "" || err != nil {
		t.Errorf("no file: %q, %v", got, err)
	}
	if _, err := token("kyc_token_path", path+".missing"); err == nil {
		t.Error("a file that is missing is taken")
	}
}
