package platformtest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// applyPatch applies a JSON Patch (RFC 6902) to doc and returns the result; doc
// itself stays as it is. Either all operations are applied or none.
func applyPatch(doc any, operations []any) (any, error) {
	for i, op := range operations {
		o, ok := op.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("operation %d is no object", i)
		}
		var err error
		if doc, err = applyOperation(doc, o); err != nil {
			return nil, fmt.Errorf("operation %d: %w", i, err)
		}
	}
	return doc, nil
}

func applyOperation(doc any, op map[string]any) (any, error) {
	name, _ := op["op"].(string)
	path, err := pointer(op["path"])
	if err != nil {
		return nil, err
	}
	value, given := op["value"]
	switch name {
	case "add", "replace", "test":
		if !given {
			return nil, fmt.Errorf("%s has no value", name)
		}
	case "remove":
	case "move", "copy":
		from, err := pointer(op["from"])
		if err != nil {
			return nil, err
		}
		if value, err = get(doc, from); err != nil {
			return nil, err
		}
		if name == "move" {
			if len(path) > len(from) && slices.Equal(path[:len(from)], from) {
				return nil, fmt.Errorf("move into itself")
			}
			if doc, err = edit(doc, from, "remove", nil); err != nil {
				return nil, err
			}
		}
		name = "add"
	default:
		return nil, fmt.Errorf("op is %q", name)
	}
	if name == "test" {
		found, err := get(doc, path)
		if err == nil && !equal(found, value) {
			err = fmt.Errorf("test failed")
		}
		return doc, err
	}
	return edit(doc, path, name, value)
}

// pointer splits a JSON Pointer (RFC 6901).
func pointer(v any) ([]string, error) {
	p, ok := v.(string)
	if !ok || (p != "" && p[0] != '/') {
		return nil, fmt.Errorf("path is no JSON Pointer")
	}
	if p == "" {
		return nil, nil
	}
	parts := strings.Split(p[1:], "/")
	for i := range parts {
		parts[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(parts[i])
	}
	return parts, nil
}

// escape writes one member name as a reference token of a JSON Pointer.
func escape(member string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(member)
}

func get(doc any, path []string) (any, error) {
	for _, token := range path {
		switch at := doc.(type) {
		case map[string]any:
			v, ok := at[token]
			if !ok {
				return nil, fmt.Errorf("the path does not exist")
			}
			doc = v
		case []any:
			i, err := index(token, len(at)-1)
			if err != nil {
				return nil, err
			}
			doc = at[i]
		default:
			return nil, fmt.Errorf("the path does not exist")
		}
	}
	return doc, nil
}

// edit returns a copy of doc, shared where nothing changes, in which name (add,
// replace or remove) was done at path.
func edit(doc any, path []string, name string, value any) (any, error) {
	if len(path) == 0 {
		return value, nil // removing the whole leaves null
	}
	token, last := path[0], len(path) == 1
	switch at := doc.(type) {
	case map[string]any:
		old, there := at[token]
		if !there && (!last || name != "add") {
			return nil, fmt.Errorf("the path does not exist")
		}
		out := maps.Clone(at)
		if last && name == "remove" {
			delete(out, token)
			return out, nil
		}
		var err error
		out[token], err = edit(old, path[1:], name, value)
		return out, err
	case []any:
		end := len(at) - 1
		if last && name == "add" {
			end = len(at)
			if token == "-" {
				token = strconv.Itoa(end)
			}
		}
		i, err := index(token, end)
		if err != nil {
			return nil, err
		}
		out := slices.Clone(at)
		switch {
		case last && name == "add":
			return slices.Insert(out, i, value), nil
		case last && name == "remove":
			return slices.Delete(out, i, i+1), nil
		}
		out[i], err = edit(at[i], path[1:], name, value)
		return out, err
	}
	return nil, fmt.Errorf("the path does not exist")
}

// index reads an array index from 0 to end.
func index(token string, end int) (int, error) {
	i, err := strconv.Atoi(token)
	if err != nil || i < 0 || i > end || strconv.Itoa(i) != token {
		return 0, fmt.Errorf("the path does not exist")
	}
	return i, nil
}
