package iam

// eachPage calls page with the marker of the page before, until there is none.
func eachPage(page func(marker *string) (next *string, err error)) error {
	next, err := page(nil)
	for err == nil && next != nil {
		next, err = page(next)
	}
	return err
}

// allPages collects what the pages have.
func allPages[M any](page func(marker *string) (some []M, next *string, err error)) (all []M, err error) {
	err = eachPage(func(marker *string) (*string, error) {
		some, next, err := page(marker)
		all = append(all, some...)
		return next, err
	})
	return all, err
}

// removeAll lists all before it removes any, for the pages to stay as they are, and forgives what is gone by then.
func removeAll[M any](page func(marker *string) (some []M, next *string, err error), remove func(M) error) error {
	all, err := allPages(page)
	if err != nil {
		return err
	}
	for _, m := range all {
		if err := unlessAbsent(remove(m)); err != nil {
			return err
		}
	}
	return nil
}

// answer is what an operation answered; it is empty, in place of nil, if the operation failed.
func answer[O any](out *O, err error) (O, error) {
	if err != nil {
		var none O
		return none, err
	}
	return *out, nil
}
