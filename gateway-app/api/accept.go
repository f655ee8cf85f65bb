package api

import (
	"mime"
	"strconv"
	"strings"
)

// preferred reports whether somebody would rather have one media type than JSON, by the weights of their Accept (RFC
// 9110, 12.5.1): they must name it, and at no less weight than JSON.
func preferred(accept, mediaType string) bool {
	wanted, named := weight(accept, mediaType)
	if !named || wanted <= 0 {
		return false
	}
	plain, _ := weight(accept, "application/json")
	return wanted >= plain
}

// weight is at what weight a list accepts a type that it names itself; what cannot be read names nothing.
func weight(accept, mediaType string) (weight float64, named bool) {
	for part := range strings.SplitSeq(accept, ",") {
		offered, parameters, err := mime.ParseMediaType(part)
		if err != nil || offered != mediaType {
			continue
		}
		weight = 1
		if text, weighed := parameters["q"]; weighed {
			if weight, err = strconv.ParseFloat(text, 64); err != nil || weight < 0 || weight > 1 {
				continue
			}
		}
		return weight, true
	}
	return 0, false
}
