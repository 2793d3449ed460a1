package symbolic

import (
	"errors"
	"fmt"

	p "github.com/modelaudit/action/internal/pickle"
)

// stepObject carries out the opcodes that import, call or change objects.
func (m *machine) stepObject() error {
	switch m.op.Code {
	case p.OpGlobal:
		return m.pushGlobal(m.op.Text, m.op.Name)
	case p.OpStackGlobal:
		return m.stackGlobal()
	case p.OpReduce:
		return m.call2(p.OpReduce)
	case p.OpNewObj:
		return m.call2(p.OpNewObj)
	case p.OpNewObjEx:
		kw, err := m.pop()
		if err != nil {
			return err
		}
		return m.callKwargs(kw)
	case p.OpInst:
		return m.inst()
	case p.OpObj:
		return m.obj()
	case p.OpBuild:
		return m.build()
	case p.OpPersID, p.OpBinPersID:
		return m.persistent()
	case p.OpExt1, p.OpExt2, p.OpExt4:
		return m.extension()
	case p.OpNextBuffer:
		n, err := m.newNode(Buffer)
		if err != nil {
			return err
		}
		m.event(EventBuffer, n)
		m.push(n)
		return nil
	case p.OpReadonlyBuffer:
		_, err := m.top()
		return err
	}
	return fmt.Errorf("unknown opcode %s", m.op.Code)
}

// pushGlobal resolves a name as Unpickler.find_class does: below protocol 3
// the names of Python 2 are mapped (CPython: _pickle_Unpickler_find_class_impl).
func (m *machine) pushGlobal(module, name string) error {
	n, err := m.newNode(Global)
	if err != nil {
		return err
	}
	if err := m.charge(costMore + costRare + 2*int64(len(module)+len(name))); err != nil {
		return err
	}
	e := n.extra()
	e.raw = module + "." + name
	e.module, e.name = module, name
	if m.proto < 3 {
		if m.names == nil {
			m.names, m.mods = py2Names(), py2Modules()
		}
		if to, ok := m.names[[2]string{module, name}]; ok {
			e.module, e.name = to[0], to[1]
		} else if to, ok := m.mods[module]; ok {
			e.module = to
		}
	}
	m.event(EventImport, n)
	m.push(n)
	return nil
}

func (m *machine) stackGlobal() error {
	module, name, err := m.pop2()
	if err != nil {
		return err
	}
	if module.Kind == String && name.Kind == String && !module.Lazy && !name.Lazy {
		return m.pushGlobal(module.Text, name.Text)
	}
	if module.Kind < Global && name.Kind < Global && !module.Lazy && !name.Lazy {
		return errors.New("STACK_GLOBAL requires str")
	}
	// A call, a persistent id or an extension may well be a str.
	n, err := m.newNode(Object)
	if err != nil {
		return err
	}
	m.event(EventUnresolved, n, module, name)
	m.push(n)
	return nil
}

func (m *machine) call2(op p.Opcode) error {
	fn, args, err := m.pop2()
	if err != nil {
		return err
	}
	if m.pack.trail.fn != nil {
		if done, err := m.packCall(fn, args); done || err != nil {
			return err
		}
	}
	if m.opt.Fold {
		if folded, err := m.foldCall(fn, args); folded || err != nil {
			return err
		}
	}
	if err := m.call(op, m.op.Pos, fn, args, nil); err != nil {
		return err
	}
	if m.opt.Fold && op == p.OpReduce {
		m.beginArray(fn, args)
		m.packLike(fn)
	}
	return nil
}

func (m *machine) callKwargs(kw *Node) error {
	fn, args, err := m.pop2()
	if err != nil {
		return err
	}
	return m.call(p.OpNewObjEx, m.op.Pos, fn, args, kw)
}

// inst is INST: the class is named by the opcode, its arguments stand above the mark.
func (m *machine) inst() error {
	items, err := m.popMark()
	if err != nil {
		return err
	}
	items = append([]*Node(nil), items...)
	if err := m.pushGlobal(m.op.Text, m.op.Name); err != nil {
		return err
	}
	fn, err := m.pop()
	if err != nil {
		return err
	}
	return m.callItems(p.OpInst, fn, items)
}

// obj is OBJ: class and arguments stand above the mark.
func (m *machine) obj() error {
	items, err := m.popMark()
	if err != nil {
		return err
	}
	if len(items) == 0 {
		return errUnderflow
	}
	return m.callItems(p.OpObj, items[0], append([]*Node(nil), items[1:]...))
}

func (m *machine) callItems(op p.Opcode, fn *Node, items []*Node) error {
	args, err := m.newNode(Tuple)
	if err != nil {
		return err
	}
	m.own(args).items = items
	if err := m.charge(costMore + costItem*int64(len(items))); err != nil {
		return err
	}
	return m.call(op, m.op.Pos, fn, args, nil)
}

// call records a call of fn. Arguments are evaluated now: what the stream does
// to a list after the call does not change what the callee saw.
func (m *machine) call(op p.Opcode, pos int64, fn, args, kw *Node) error {
	if fn.Kind < Global {
		return fmt.Errorf("%s is not callable", fn.Kind)
	}
	if args.Kind < Global && args.Kind != Tuple {
		if op == p.OpReduce && m.opt.Enum != nil && m.opt.Enum(fn) {
			return m.callItems(op, fn, []*Node{args})
		}
		if !m.opt.Python || args.Kind < String {
			return errors.New("argument list must be a tuple")
		}
		m.detailed(EventAnomaly, nil, &detail{Text: "the arguments are a " + args.Kind.String() + ", which only the unpickler in Python takes"})
	}
	n, err := m.newNode(Object)
	if err != nil {
		return err
	}
	c := &Call{Op: op, Pos: pos, End: m.op.End, Func: fn, Known: args.Kind == Tuple, Kwargs: kw}
	c.Live = args.Items()
	if !c.Known {
		c.Live = []*Node{args}
	}
	m.work += len(c.Live)
	if c.Args, err = m.freezeAll(c.Live, 0); err != nil {
		return err
	}
	cost := int64(costMore + costCall)
	if fn.Kind != Global {
		cost += costDoubt
	}
	if err := m.charge(cost); err != nil {
		return err
	}
	m.own(n).call = c
	m.event(EventCall, n)
	m.push(n)
	return nil
}

// build records BUILD. What a BUILD means depends on the target's class; the
// graph keeps the states in order and the event says where.
func (m *machine) build() error {
	state, err := m.pop()
	if err != nil {
		return err
	}
	target, err := m.top()
	if err != nil {
		return err
	}
	if target.Kind < Global {
		// An exact builtin has neither __setstate__ nor __dict__: only a state
		// of None is accepted, and does nothing.
		m.detailed(EventBuild, target, &detail{State: &State{Pos: m.op.Pos, End: m.op.End, Value: state, Frozen: state}})
		return nil
	}
	if m.opt.Fold && m.foldArray(target, state) {
		return nil
	}
	frozen, err := m.freeze(state, 0)
	if err != nil {
		return err
	}
	if err := m.charge(2*costPair + costRare); err != nil {
		return err
	}
	s := State{Pos: m.op.Pos, End: m.op.End, Value: state, Frozen: frozen}
	e := target.extra()
	e.states = append(e.states, s)
	m.detailed(EventBuild, target, &detail{State: &s})
	if m.fold.next == target {
		m.fold.array, m.fold.next = target, nil
	}
	return m.afterBuild(target)
}

func (m *machine) persistent() error {
	var id *Node
	var err error
	if m.op.Code == p.OpBinPersID {
		id, err = m.pop()
	} else if id, err = m.newNode(String); err == nil {
		id.Text = m.op.Text
	}
	if err != nil {
		return err
	}
	n, err := m.newNode(Persistent)
	if err != nil {
		return err
	}
	if err := m.charge(costMore); err != nil {
		return err
	}
	m.own(n).of = id
	m.event(EventPersistent, n)
	m.push(n)
	return nil
}

func (m *machine) extension() error {
	if m.op.Int <= 0 {
		return fmt.Errorf("extension code %d is not positive", m.op.Int)
	}
	n, err := m.newNode(Extension)
	if err != nil {
		return err
	}
	n.Int = m.op.Int
	m.event(EventExtension, n)
	m.push(n)
	return nil
}
