package webhook

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/notice"
)

func TestAddressesInsideAreRefused(t *testing.T) {
	public := []string{"1.1.1.1", "8.8.8.8", "2606:4700::1111", "::ffff:1.1.1.1"}
	private := []string{"10.0.0.1", "172.31.255.1", "192.168.1.1", "100.64.0.1", "fd00::1", "::ffff:10.0.0.1"}
	loopback := []string{"127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"}
	never := []string{
		"0.0.0.0", "0.1.2.3", "169.254.169.254", "::ffff:169.254.169.254", "fe80::1%eth0", "fe80::1", "224.0.0.1", "ff02::1", "255.255.255.255",
		"240.0.0.1", "198.18.0.1", "192.0.2.1", "::", "::127.0.0.1", "64:ff9b::a00:1", "2002:a00:1::1", "2001:db8::1", "fec0::1", "",
	}
	for _, s := range []Settings{{}, {AllowPrivate: true}, {AllowLoopback: true}} {
		for _, c := range []struct {
			addresses []string
			allowed   bool
		}{{public, true}, {private, s.AllowPrivate}, {loopback, s.AllowLoopback}, {never, false}} {
			for _, text := range c.addresses {
				ip, _ := netip.ParseAddr(text) // the empty one stands for none
				if got := s.permits(ip); got != c.allowed {
					t.Errorf("%s: %v with private %v, loopback %v", text, got, s.AllowPrivate, s.AllowLoopback)
				}
				if s.permitsPlain(ip) && !(s.AllowLoopback && ip.Unmap().IsLoopback()) {
					t.Errorf("%s is dialled by plain http", text)
				}
			}
		}
	}
}

func TestURLsThatCannotBeDeliveredTo(t *testing.T) {
	here := Settings{AllowLoopback: true}
	agreed := Settings{Hosts: []string{"books.example", "1.1.1.1", "localhost", "10.0.0.1", "127.0.0.1", "::1", "169.254.169.254", "b.example"}}
	for _, good := range []string{"https://books.example/hooks?tenant=1", "https://books.example:8443", "https://1.1.1.1/", "https://localhost/"} {
		if err := agreed.checkURL(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "books.example", "http://books.example", "http://127.0.0.1/", "http://localhost/", "https://127.0.0.1/", "https://10.0.0.1/",
		"https://[::1]/", "https://169.254.169.254/latest", "ftp://books.example", "https://user:word@books.example", "https://books.example/#x",
		"https:books.example", "https://", "https://:443", "file:///etc/passwd", "https://books.example/%zz", "https://b.example/" + strings.Repeat("a", 2048),
	} {
		if err := agreed.checkURL(bad); fault.Of(err).Code != fault.InvalidField {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for url, good := range map[string]bool{"https://books.example": true, "https://BOOKS.example:8443/": true, "https://mine.example": false, "https://books.example.mine.example": false} {
		if err := agreed.checkURL(url); (err == nil) != good {
			t.Errorf("%s, which the settings do not name: %v", url, err)
		}
	}
	for url, good := range map[string]bool{"http://127.0.0.1:8080/": true, "http://localhost/": true, "http://[::1]/": true, "http://10.0.0.1/": false, "http://books.example/": false} {
		if err := here.checkURL(url); (err == nil) != good {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// A name that is fine by its looks stands for this machine: it is found out when it is dialled, and nothing
// arrives there.
func TestANameThatStandsForThisMachineIsNotDialled(t *testing.T) {
	arrived := 0
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { arrived++ }))
	defer server.Close()
	w := New(nil, nil, nil, notice.New(nil), Settings{Hosts: []string{"localhost"}})
	url := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	if err := w.settings.checkURL(url); err != nil {
		t.Fatal(err)
	}
	v := w.send(t.Context(), row{Endpoint: Endpoint{ID: "x", URL: url}}, nil, letter{body: "{}"})
	if v.reason != ReasonAddressRefused || arrived != 0 || v.answer != 0 {
		t.Errorf("%+v; %d requests arrived", v, arrived)
	}
	// Where this machine is allowed, a certificate of an unknown authority is refused in its turn, and a
	// known one is not.
	w = New(nil, nil, nil, notice.New(nil), Settings{AllowLoopback: true})
	if v := w.send(t.Context(), row{Endpoint: Endpoint{URL: server.URL}}, nil, letter{body: "{}"}); v.reason != ReasonTLS || arrived != 0 {
		t.Errorf("%+v", v)
	}
	w = New(nil, nil, nil, notice.New(nil), Settings{AllowLoopback: true, Roots: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs})
	if v := w.send(t.Context(), row{Endpoint: Endpoint{URL: server.URL}}, nil, letter{body: "{}"}); v.reason != "" || v.answer != 200 || arrived != 1 {
		t.Errorf("%+v", v)
	}
}

// Pauses grow to their bound and are never the same for all.
func TestPausesGrow(t *testing.T) {
	s := Settings{}.completed()
	for attempts, most := 1, s.FirstPause; attempts < 30; attempts++ {
		for range 20 {
			if got := s.pause(attempts); got < most/2 || got > most {
				t.Fatalf("after %d attempts %s, not between %s and %s", attempts, got, most/2, most)
			}
		}
		most = min(2*most, s.LongestPause)
	}
	for text, want := range map[string]string{"": "0s", "7": "7s", "-1": "0s", "99999999999": "1h0m0s", "999999": "1h0m0s", "x": "0s"} {
		if got := asksFor(text).String(); got != want {
			t.Errorf("Retry-After %s: %s", text, got)
		}
	}
}
