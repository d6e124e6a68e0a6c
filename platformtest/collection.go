package platformtest

func defaultRows() map[string]int {
	return map[string]int{
		"contacts": 50, "applicants": 25, "landlords": 25, "vendors": 25, "companies": 10,
		"properties": 30, "offices": 3, "negotiators": 6, "metadata": 5,
	}
}
