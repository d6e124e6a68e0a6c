package compliance

import (
	"bytes"
	"encoding/json"
)

// eachMember calls f with every member of body, at any depth, whose value is a
// string. What is not JSON has none.
func eachMember(body []byte, f func(name, value string)) {
	dec := json.NewDecoder(bytes.NewReader(body))
	type level struct {
		object, valueDue bool
		name             string
	}
	var stack []level
	for {
		tok, err := dec.Token()
		if err != nil {
			return
		}
		top := len(stack) - 1
		switch v := tok.(type) {
		case json.Delim:
			if v == '}' || v == ']' {
				stack = stack[:top]
				continue
			}
			if top >= 0 {
				stack[top].valueDue = false
			}
			if len(stack) == maxDepth {
				return
			}
			stack = append(stack, level{object: v == '{'})
			continue
		case string:
			if top >= 0 && stack[top].object {
				if !stack[top].valueDue {
					stack[top].name, stack[top].valueDue = v, true
					continue
				}
				f(stack[top].name, v)
			}
		}
		if top >= 0 {
			stack[top].valueDue = false
		}
	}
}
