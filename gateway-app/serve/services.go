package serve

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	"github.com/tallystick/tallystick/gateway-app/credit"
	"github.com/tallystick/tallystick/gateway-app/kyc"
)

// checkServices refuses URLs of others' services that are none, or that would send customers' data in the clear.
func (s *Settings) checkServices() error {
	for _, service := range []struct{ field, address, token string }{
		{"kyc_url", s.KYCURL, s.KYCTokenPath},
		{"bureau_url", strings.TrimPrefix(s.BureauURL, localBureau), s.BureauTokenPath},
	} {
		if service.address == "" {
			if service.token != "" {
				return fmt.Errorf("%s is missing, and there is a token for it: name the service, or leave the token out", service.field)
			}
			continue
		}
		if err := s.checkService(service.address); err != nil {
			return fmt.Errorf("%s: %w", service.field, err)
		}
	}
	if s.LeastAgeYears < 0 {
		return errors.New("least_age_years is negative: write an age, or leave it out for 18")
	}
	return nil
}

// checkService never repeats an address that holds a name and a password.
func (s *Settings) checkService(address string) error {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" || parsed.Hostname() == "" {
		return errors.New("this is no URL: write one such as https://host/path")
	}
	if parsed.User != nil || parsed.Fragment != "" {
		return errors.New("the URL holds credentials or a fragment: name the file of a token instead")
	}
	ip := net.ParseIP(parsed.Hostname())
	loopback := parsed.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	switch {
	case parsed.Scheme == "https", parsed.Scheme == "http" && loopback && s.ServicesOnLoopback:
		return nil
	case parsed.Scheme == "http" && loopback:
		return errors.New("it is plain HTTP: write https, or allow it on this machine with services_on_loopback, for tests")
	}
	return errors.New("it is not HTTPS, and customers' numbers would go in the clear: write https://…")
}

// token reads a bearer token from its file; no file is no token.
func token(field, path string) (string, error) {
	if path == "" {
		return "", nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("%s: %w: name the file that holds the token", field, err)
	}
	read := strings.TrimSpace(string(text))
	if read == "" || strings.ContainsAny(read, " \r\n\t") {
		return "", fmt.Errorf("%s: the file holds no token, or more than one: put one line into it", field)
	}
	return read, nil
}

// provider is who is asked whether a name and a number belong together.
func (f *foundations) provider() (kyc.Provider, error) {
	if f.settings.KYCURL == "" {
		return kyc.Local{Today: today}, nil
	}
	secret, err := token("kyc_token_path", f.settings.KYCTokenPath)
	if err != nil {
		return nil, err
	}
	return kyc.NewHTTP("provider", f.settings.KYCURL, secret, 0), nil
}

// localBureau is the setting for a bureau that makes its answers up, for networks that have none.
const localBureau = "local"

// bureaus are whom a platform asks besides the regulator.
func (f *foundations) bureaus() ([]credit.Bureau, error) {
	switch f.settings.BureauURL {
	case "":
		return nil, nil
	case localBureau:
		secret, err := secretFile(f.settings.inData("bureau.key"))
		if err != nil {
			return nil, err
		}
		return []credit.Bureau{credit.NewLocalBureau(localBureau, secret)}, nil
	}
	secret, err := token("bureau_token_path", f.settings.BureauTokenPath)
	if err != nil {
		return nil, err
	}
	remote, err := credit.NewRemoteBureau("bureau", f.settings.BureauURL, secret, nil)
	if err != nil {
		return nil, fmt.Errorf("bureau_url: %w", err)
	}
	return []credit.Bureau{remote}, nil
}
