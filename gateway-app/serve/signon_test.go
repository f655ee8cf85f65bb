package serve

import (
	"strings"
	"testing"
)

// What would let nobody sign on is said at the start.
func TestSignOnSettingsAreCheckedAtTheStart(t *testing.T) {
	good := OIDC{Issuer: "https://id.example/", ClientID: "harbor", ClientSecretPath: "secret", RedirectURL: "https://app.example/v1/sign-on/return"}
	if err := good.check(); err != nil {
		t.Fatal(err)
	}
	for field, spoil := range map[string]func(*OIDC){
		"client_id": func(o *OIDC) { o.ClientID = "" }, "client_secret_path": func(o *OIDC) { o.ClientSecretPath = "" },
		"issuer": func(o *OIDC) { o.Issuer = "http://id.example/" }, "redirect_url": func(o *OIDC) { o.RedirectURL = "" },
		"redirect_url: end": func(o *OIDC) { o.RedirectURL = "https://app.example/" }, "redirect_url: write": func(o *OIDC) { o.RedirectURL = "app.example" },
	} {
		bad := good
		spoil(&bad)
		if _, err := (Settings{OIDC: &bad}).provider(); err == nil || !strings.Contains(err.Error(), "oidc."+field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}
