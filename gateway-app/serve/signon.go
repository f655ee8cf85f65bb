package serve

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// returnPath is where the provider sends browsers back to.
const returnPath = "/v1/sign-on/return"

// check names what of the settings could let nobody sign on, before somebody finds out by trying.
func (o OIDC) check() error {
	switch {
	case o.ClientID == "":
		return errors.New("oidc.client_id is missing: fill in the name under which the provider knows this app")
	case o.ClientSecretPath == "":
		return errors.New("oidc.client_secret_path is missing: name the file that holds the secret")
	}
	if _, err := webAddress(o.Issuer); err != nil {
		return fmt.Errorf("oidc.issuer: %w", err)
	}
	back, err := webAddress(o.RedirectURL)
	if err != nil {
		return fmt.Errorf("oidc.redirect_url: %w", err)
	}
	if !strings.HasSuffix(back.Path, returnPath) || back.RawQuery != "" {
		return fmt.Errorf("oidc.redirect_url: end it with %s, without a query: that is where the app waits for browsers", returnPath)
	}
	return nil
}

// webAddress reads an address that secrets may go to: https, or plain HTTP within this machine.
func webAddress(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return nil, errors.New("write a whole address, such as https://sign-on.example/")
	}
	ip, _ := netip.ParseAddr(u.Hostname())
	if u.Scheme != "https" && (u.Scheme != "http" || !ip.IsLoopback() && u.Hostname() != "localhost") {
		return nil, errors.New("write an address with https: only one of this machine may do without")
	}
	return u, nil
}
