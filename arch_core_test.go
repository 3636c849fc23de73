package marketbrewer_test

import (
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"slices"
	"strconv"
	"strings"
)

// names finds uses of what a package offers, by the name under which the file imports it. A local variable of the same
// name as the import would be taken for it: rename the variable.
func (c *checker) names(p *parsed, forbidden map[string][]string, why string) {
	local := map[string]string{}
	for _, spec := range p.tree.Imports {
		name, _ := strconv.Unquote(spec.Path.Value)
		if forbidden[name] == nil {
			continue
		}
		local[importedAs(spec, name)] = name
	}
	ast.Inspect(p.tree, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		from, ok := selector.X.(*ast.Ident)
		if ok && slices.Contains(forbidden[local[from.Name]], selector.Sel.Name) {
			c.add(p, selector.Pos(), "%s.%s: %s", from.Name, selector.Sel.Name, why)
		}
		return true
	})
}

func importedAs(spec *ast.ImportSpec, name string) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	return path.Base(name)
}

// statements finds what makes core depend on a scheduler.
func (c *checker) statements(p *parsed) {
	const why = "core has no concurrency of its own: use ports.Group, ports.Box and ports.Clock"
	ast.Inspect(p.tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			c.add(p, n.Pos(), "go statement: %s", why)
		case *ast.SelectStmt:
			c.add(p, n.Pos(), "select: %s", why)
		case *ast.ChanType:
			c.add(p, n.Pos(), "channel: %s", why)
		}
		return true
	})
}

// state finds package-level variables of one package of core that hold state: those of a type that only makes sense when it
// changes, and tables that something writes to. The package is type-checked without its imports, which leaves foreign types
// unknown; what is unknown is let through.
func (c *checker) state(files []*parsed) {
	trees := make([]*ast.File, len(files))
	for i, p := range files {
		trees[i] = p.tree
	}
	info := &types.Info{
		Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
	}
	config := types.Config{Importer: strangers{}, Error: func(error) {}}
	pkg, _ := config.Check(files[0].folder(), files[0].fset, trees, info) // errors are expected: the imports are empty
	for _, p := range files {
		s := &stateChecker{checker: c, p: p, pkg: pkg, info: info}
		s.declarations()
		ast.Inspect(p.tree, s.writes)
	}
}

// strangers imports every package as an empty one.
type strangers struct{}

func (strangers) Import(name string) (*types.Package, error) {
	pkg := types.NewPackage(name, path.Base(name))
	pkg.MarkComplete()
	return pkg, nil
}

// stateChecker looks at one file with its package's types.
type stateChecker struct {
	*checker
	p    *parsed
	pkg  *types.Package
	info *types.Info
}

// declarations checks the type of each variable. Errors are fine, whatever they are made of.
func (s *stateChecker) declarations() {
	for _, decl := range s.p.tree.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.VAR {
			continue
		}
		for _, spec := range group.Specs {
			spec := spec.(*ast.ValueSpec)
			for _, name := range spec.Names {
				if what := s.stateful(spec, s.info.Defs[name]); name.Name != "_" && what != "" {
					s.add(s.p, name.Pos(), "package variable %s holds %s: core keeps no state, make it a field or an argument", name.Name, what)
				}
			}
		}
	}
}

// stateful says what state a variable holds by its type. A sync.OnceValue is none: its value never changes.
func (s *stateChecker) stateful(spec *ast.ValueSpec, object types.Object) string {
	if object == nil || isError(object.Type()) {
		return ""
	}
	switch object.Type().Underlying().(type) {
	case *types.Pointer:
		return "a pointer"
	case *types.Chan:
		return "a channel"
	}
	what := ""
	ast.Inspect(spec, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				what = "a pointer"
			}
		case *ast.SelectorExpr:
			if from, ok := n.X.(*ast.Ident); ok && s.isSync(from) && !strings.HasPrefix(n.Sel.Name, "OnceValue") {
				what = from.Name + "." + n.Sel.Name
			}
		}
		return true
	})
	return what
}

func isError(t types.Type) bool { return types.NewMethodSet(t).Lookup(nil, "Error") != nil }

func (s *stateChecker) isSync(from *ast.Ident) bool {
	name, ok := s.info.Uses[from].(*types.PkgName)
	return ok && under(name.Imported().Path(), "sync")
}

// writes finds assignments, address-taking and the built-in functions that change what they are given.
func (s *stateChecker) writes(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			s.written("assigns to", n.Lhs...)
		}
	case *ast.IncDecStmt:
		s.written("changes", n.X)
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			s.written("assigns to", n.Key, n.Value)
		}
	case *ast.UnaryExpr:
		if _, row := n.X.(*ast.IndexExpr); n.Op == token.AND && !row { // a row of a table is pointed at to spare a copy
			s.written("takes the address of", n.X)
		}
	case *ast.CallExpr:
		s.call(n)
	case *ast.ReturnStmt:
		for _, result := range n.Results {
			if object := s.variable(result); object != nil && isMap(object.Type()) && isName(result) {
				s.written("hands out the map", result)
			}
		}
	}
	return true
}

// call checks the functions that write through their first argument, and methods with a pointer receiver.
func (s *stateChecker) call(call *ast.CallExpr) {
	switch fun := call.Fun.(type) {
	case *ast.Ident:
		if slices.Contains([]string{"clear", "copy", "delete"}, fun.Name) && len(call.Args) > 0 {
			s.written("changes by "+fun.Name, call.Args[0])
		}
	case *ast.SelectorExpr:
		if from, ok := fun.X.(*ast.Ident); ok && s.writesFirst(from, fun.Sel.Name) && len(call.Args) > 0 {
			s.written("changes by "+from.Name+"."+fun.Sel.Name, call.Args[0])
			return
		}
		if s.pointerMethod(fun) {
			s.written("calls a method with a pointer receiver on", fun.X)
		}
	}
}

func (s *stateChecker) writesFirst(from *ast.Ident, name string) bool {
	pkg, ok := s.info.Uses[from].(*types.PkgName)
	if !ok {
		return false
	}
	switch pkg.Imported().Path() {
	case "maps":
		return slices.Contains([]string{"Copy", "DeleteFunc", "Insert"}, name)
	case "slices":
		return strings.HasPrefix(name, "Sort") && !strings.HasPrefix(name, "Sorted") || name == "Reverse"
	}
	return false
}

func (s *stateChecker) pointerMethod(fun *ast.SelectorExpr) bool {
	selection, ok := s.info.Selections[fun]
	if !ok || selection.Kind() != types.MethodVal {
		return false
	}
	_, pointer := selection.Obj().(*types.Func).Signature().Recv().Type().(*types.Pointer)
	return pointer
}

// written reports those of the expressions that lead to a package-level variable.
func (s *stateChecker) written(how string, targets ...ast.Expr) {
	for _, target := range targets {
		if object := s.variable(target); object != nil {
			s.add(s.p, target.Pos(), "this %s the package variable %s: core keeps no state, make it a field or an argument", how, object.Name())
		}
	}
}

// variable returns the package-level variable that an expression is a part of, nil when it is none.
func (s *stateChecker) variable(expr ast.Expr) types.Object {
	for {
		switch e := expr.(type) {
		case *ast.Ident:
			object, ok := s.info.Uses[e].(*types.Var)
			if ok && object.Parent() == s.pkg.Scope() {
				return object
			}
			return nil
		case *ast.SelectorExpr:
			expr = e.X
		case *ast.IndexExpr:
			expr = e.X
		case *ast.SliceExpr:
			expr = e.X
		case *ast.ParenExpr:
			expr = e.X
		default:
			return nil
		}
	}
}

func isMap(t types.Type) bool {
	_, ok := t.Underlying().(*types.Map)
	return ok
}

func isName(expr ast.Expr) bool {
	_, ok := expr.(*ast.Ident)
	return ok
}
