package route

// Match gives the template of path where the table knows it, without learning:
// for names that leave the process, which must hold nothing that the path holds.
func (t *Table) Match(method, path string) (template string, ok bool) {
	if t == nil || t.root == nil {
		return Other, false
	}
	if tpl := t.root.match(method, path, 0); tpl != nil {
		return tpl.Name, true
	}
	return Other, false
}
