// Command builder is the peers' external builder for chaincode that runs as a service. Peers call
// it by three names: detect says whether a package is of its kind, build completes the package's
// connection file, and release hands that file to the peer.
//
// A package is the same for every member, so that all may approve one package id; where the
// member's own chaincode process listens, and with which certificates the peer meets it, comes
// from the peer's environment. The program never runs chaincode.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if err := run(filepath.Base(os.Args[0]), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "builder:", err)
		os.Exit(1)
	}
}

func run(step string, folders []string) error {
	switch {
	case step == "detect" && len(folders) == 2:
		return detect(folders[1])
	case step == "build" && len(folders) == 3:
		return build(folders[0], folders[2])
	case step == "release" && len(folders) == 2:
		return release(folders[0], folders[1])
	}
	return fmt.Errorf("%s with %d folders: call it as detect (2), build (3) or release (2)", step, len(folders))
}
