package dataset

import (
	"embed"
	"fmt"
	"path"
	"strings"
)

//go:embed schemas/*.json
var schemas embed.FS

// Shipped is one of the schemas that come with the program: lending_club, german or taiwan.
func Shipped(name string) (*Schema, error) {
	file, err := schemas.ReadFile(path.Join("schemas", name+".json"))
	if err != nil {
		return nil, fmt.Errorf("there is no shipped schema %q; there are %s", name, strings.Join(ShippedNames(), ", "))
	}
	return ParseSchema(file)
}

// ShippedNames lists the schemas that come with the program, in order.
func ShippedNames() []string {
	entries, err := schemas.ReadDir("schemas")
	if err != nil {
		panic("dataset: the schemas are compiled in: " + err.Error())
	}
	var names []string
	for _, entry := range entries {
		names = append(names, strings.TrimSuffix(entry.Name(), ".json"))
	}
	return names
}
