package access

import (
	"errors"
	"strings"
	"testing"
)

func TestWhatAnybodyWouldTryIsNoPassword(t *testing.T) {
	for _, bad := range []string{
		"password1234", "Password12345!", "P@ssw0rd2026!!", "qwertyuiop12", "1q2w3e4r5t6y", "aaaaaaaaaaaa", "abababababab",
		"abcdefghijkl", "123456789012", "zyxwvutsrqpo", "tallystick2026", "Tallystick-Harbor-1", "harborharbor1", "letmein-letmein",
		"woaini1314520", "administrator1", "welcome-welcome", "iloveyou12345", "asdfghjkl;123", "密码密码密码密码密码密码", "abcabcabcabc",
		"wei zhang 2026", "short",
	} {
		if err := acceptable("harbor", "wei zhang", bad); !errors.Is(err, ErrPassword) {
			t.Errorf("%q is taken: %v", bad, err)
		}
	}
	for _, good := range []string{
		"a password of the walk", "correct horse battery staple", "河上的旧桥在雨里唱歌二十遍", "kT7#vq2Lw9zR", "mulberry-anvil-quarto",
		strings.Repeat("雨声里的桥", 100) + "二十遍的歌声在河上", "TGVRQ4KZ7Y2MNB6WXH3DPLJA5C",
	} {
		if err := acceptable("harbor", "wei zhang", good); err != nil {
			t.Errorf("%q is refused: %v", good, err)
		}
	}
	// The length counts characters, as the document has it.
	if err := acceptable("harbor", "wei", strings.Repeat("雨声里的桥上唱歌", 64)+"x"); !errors.Is(err, ErrPassword) {
		t.Errorf("513 characters are taken: %v", err)
	}
}
