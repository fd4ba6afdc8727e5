//! Formulas over columns of floats, for simulation and grids: compiled once, run in blocks that stay in the first-level cache. It
//! works in base units and follows IEEE arithmetic (a division by zero is an infinity in its lane), so it must never be where a
//! published figure comes from: that is `eval`.

use std::collections::HashMap;

use vocab::{Calendar, Period};

use crate::ast::{BinaryOp, Expr, ExprKind};
use crate::check::{Exchange, check, exchange, no_exchange};
use crate::fault::Fault;
use crate::function::Function;
use crate::types::{Scope, Type};

/// Lanes in a block: 8 KiB a register, so that a handful of them fit in the first-level cache.
const BLOCK: usize = 1024;
/// Whole powers up to here are multiplied out.
const LARGEST_MULTIPLIED_POWER: i32 = 64;

/// Where a program finds a value, in base units (円, not 兆円).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Slot {
    /// The same for every lane.
    Const(f64),
    /// One value a lane, in this column of the input.
    Column(usize),
}

/// What a formula's names are in a simulation. It is also the formula's [`Scope`], because some functions depend on units.
pub trait Bind: Scope {
    /// A quantity by name; `None` leaves it to [`constant`](Self::constant).
    fn scalar(&mut self, name: &str) -> Option<Slot>;

    /// One observation of a series; `None` leaves it to [`constant`](Self::constant).
    fn indexed(&mut self, series: &str, period: Period) -> Option<Slot>;

    /// The period being evaluated.
    fn at(&self) -> Option<Period>;

    /// The latest period of a series with an observation, not after `until`. With it, `last(s)` varies as that observation does;
    /// without, it is left to [`constant`](Self::constant).
    fn latest(&mut self, _series: &str, _until: Option<Period>) -> Option<Period> {
        None
    }

    /// A part that does not vary between lanes (an aggregate, a `printed(…)`, a comparison of texts as 1 or 0), by the exact
    /// evaluator, in base units. It must be `None` if anything in the part does vary.
    fn constant(&mut self, expr: &Expr) -> Option<f64>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Op {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Min,
    Max,
    /// First to the nearest multiple of the second, halves away from zero.
    Round,
    Less,
    AtMost,
    Equal,
    Negate,
    Abs,
    Sqrt,
    /// The second where the first is not 0, else the third.
    Select,
}

impl Op {
    fn commutes(self) -> bool {
        matches!(
            self,
            Self::Add | Self::Multiply | Self::Min | Self::Max | Self::Equal
        )
    }

    fn apply(self, [a, b, c]: [f64; 3]) -> f64 {
        match self {
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide => a / b,
            Self::Power => a.powf(b),
            Self::Min => a.min(b),
            Self::Max => a.max(b),
            Self::Round => (a / b).round() * b,
            Self::Less => f64::from(a < b),
            Self::AtMost => f64::from(a <= b),
            #[expect(clippy::float_cmp, reason = "the formula asks for equality")]
            Self::Equal => f64::from(a == b),
            Self::Negate => -a,
            Self::Abs => a.abs(),
            Self::Sqrt => a.sqrt(),
            Self::Select => choose(a, b, c),
        }
    }
}

fn choose(condition: f64, then: f64, otherwise: f64) -> f64 {
    if condition == 0.0 { otherwise } else { then }
}

/// An input of an operation. A constant is kept by its bits, so that it can be hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Operand {
    Const(u64),
    Column(usize),
    /// While compiling: the number of a node. In a program: a register.
    Node(usize),
}

impl Operand {
    fn constant(value: f64) -> Self {
        Self::Const(value.to_bits())
    }

    fn value(self) -> Option<f64> {
        match self {
            Self::Const(bits) => Some(f64::from_bits(bits)),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Node {
    op: Op,
    /// Unused places hold a constant 0.
    inputs: [Operand; 3],
}

#[derive(Debug, Clone)]
struct Instruction {
    node: Node,
    register: usize,
    /// Outputs that this node is.
    outputs: Vec<usize>,
    /// Whether another instruction reads it.
    read: bool,
}

/// Compiled formulas that share their common parts.
#[derive(Debug, Clone)]
pub struct Program {
    instructions: Vec<Instruction>,
    registers: usize,
    /// Outputs that are a constant or a column as it is.
    plain: Vec<(usize, Operand)>,
}

/// Compiles formulas to one program with an output for each, in order.
///
/// # Errors
/// `not_simulated` at a part that neither varies by the binding nor has a constant value.
pub fn compile(outputs: &[&Expr], bind: &mut dyn Bind) -> Result<Program, Fault> {
    let mut compiler = Compiler {
        bind,
        nodes: Vec::new(),
        known: HashMap::new(),
    };
    let operands = outputs
        .iter()
        .map(|expr| compiler.operand(expr))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(allocate(&compiler.nodes, &operands))
}

/// Gives every node a register, taken over from a value that nobody reads any more.
fn allocate(nodes: &[Node], outputs: &[Operand]) -> Program {
    let mut written: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    let mut plain = Vec::new();
    for (output, &operand) in outputs.iter().enumerate() {
        match operand {
            Operand::Node(node) => written[node].push(output),
            other => plain.push((output, other)),
        }
    }
    let mut last_read: Vec<Option<usize>> = vec![None; nodes.len()];
    for (reader, node) in nodes.iter().enumerate() {
        for input in node.inputs {
            if let Operand::Node(read) = input {
                last_read[read] = Some(reader);
            }
        }
    }
    let mut register_of = vec![0; nodes.len()];
    let (mut free, mut registers) = (Vec::new(), 0);
    let mut instructions = Vec::with_capacity(nodes.len());
    for (index, node) in nodes.iter().enumerate() {
        let register = free.pop().unwrap_or_else(|| {
            registers += 1;
            registers - 1
        });
        register_of[index] = register;
        let inputs = node.inputs.map(|input| match input {
            Operand::Node(read) => Operand::Node(register_of[read]),
            other => other,
        });
        let mut done: Vec<usize> = node
            .inputs
            .iter()
            .filter_map(|input| read_last(*input, &last_read, index))
            .collect();
        done.sort_unstable();
        done.dedup();
        free.extend(done.into_iter().map(|read| register_of[read]));
        if last_read[index].is_none() {
            free.push(register);
        }
        let outputs = std::mem::take(&mut written[index]);
        instructions.push(Instruction {
            node: Node { op: node.op, inputs },
            register,
            outputs,
            read: last_read[index].is_some(),
        });
    }
    Program {
        instructions,
        registers,
        plain,
    }
}

fn read_last(input: Operand, last_read: &[Option<usize>], reader: usize) -> Option<usize> {
    match input {
        Operand::Node(read) if last_read[read] == Some(reader) => Some(read),
        _ => None,
    }
}

struct Compiler<'a> {
    bind: &'a mut dyn Bind,
    nodes: Vec<Node>,
    known: HashMap<Node, usize>,
}

/// The left side of a chain while it is compiled.
enum Left {
    Value(Operand),
    Period(Period),
}

impl Compiler<'_> {
    fn operand(&mut self, expr: &Expr) -> Result<Operand, Fault> {
        match &expr.kind {
            ExprKind::Quantity(quantity) => Ok(Operand::constant(quantity.number().to_f64())),
            ExprKind::Text(_) | ExprKind::Period(_) | ExprKind::At => self.constant(expr),
            ExprKind::Name(name) => match self.bind.scalar(name) {
                Some(slot) => Ok(slot.into()),
                None => self.constant(expr),
            },
            ExprKind::Index(series, index) => match self.period(index) {
                Some(period) => self.observation(series, period, expr),
                None => self.constant(expr),
            },
            ExprKind::Negate(operand) => {
                let operand = self.operand(operand)?;
                Ok(self.node(Op::Negate, &[operand]))
            }
            ExprKind::Not(operand) => {
                let operand = self.operand(operand)?;
                Ok(self.negation(operand))
            }
            ExprKind::Binary(..) => match self.chain(expr) {
                Ok(operand) => Ok(operand),
                Err(fault) => self.constant(expr).map_err(|_| fault),
            },
            ExprKind::If(condition, then, otherwise) => {
                let condition = self.operand(condition)?;
                if let Some(truth) = condition.value() {
                    return self.operand(if truth == 0.0 { otherwise } else { then });
                }
                let (then, otherwise) = (self.operand(then)?, self.operand(otherwise)?);
                Ok(self.node(Op::Select, &[condition, then, otherwise]))
            }
            ExprKind::Call(function, arguments, _) => self.call(*function, arguments, expr),
        }
    }

    fn constant(&mut self, expr: &Expr) -> Result<Operand, Fault> {
        self.bind.constant(expr).map(Operand::constant).ok_or_else(|| {
            Fault::new(
                expr.span.clone(),
                "not_simulated",
                "この部分は、試算（シミュレーション）では値が決まりません。",
                "This part has no value in a simulation.",
            )
        })
    }

    fn observation(&mut self, series: &Expr, period: Period, whole: &Expr) -> Result<Operand, Fault> {
        if let ExprKind::Name(name) = &series.kind
            && let Some(slot) = self.bind.indexed(name, period)
        {
            return Ok(slot.into());
        }
        let span = whole.span.clone();
        let indexed = ExprKind::Index(
            Box::new(series.clone()),
            Box::new(Expr::new(ExprKind::Period(period), span.clone())),
        );
        self.constant(&Expr::new(indexed, span))
    }

    fn chain(&mut self, expr: &Expr) -> Result<Operand, Fault> {
        let (first, steps) = expr.spine();
        let mut left = match self.period(first) {
            Some(period) => Left::Period(period),
            None => Left::Value(self.operand(first)?),
        };
        for (node, op, right) in steps {
            left = match left {
                Left::Value(a) => {
                    let b = self.operand(right)?;
                    Left::Value(self.binary(op, a, b))
                }
                Left::Period(a) => match (op, self.period(right)) {
                    (BinaryOp::Subtract, Some(b)) if a.calendar == b.calendar => {
                        Left::Value(Operand::constant(f64::from(a.year.saturating_sub(b.year))))
                    }
                    (BinaryOp::Add | BinaryOp::Subtract, None) => match self.shifted(a, op, right) {
                        Some(period) => Left::Period(period),
                        None => Left::Value(self.constant(node)?),
                    },
                    (_, Some(b)) if a.calendar == b.calendar && op.binding() == BinaryOp::Less.binding() => {
                        let years = |period: Period| Operand::constant(f64::from(period.year));
                        Left::Value(self.binary(op, years(a), years(b)))
                    }
                    _ => Left::Value(self.constant(node)?),
                },
            };
        }
        match left {
            Left::Value(operand) => Ok(operand),
            Left::Period(_) => self.constant(expr),
        }
    }

    fn binary(&mut self, op: BinaryOp, a: Operand, b: Operand) -> Operand {
        match op {
            BinaryOp::Add => self.node(Op::Add, &[a, b]),
            BinaryOp::Subtract => self.node(Op::Subtract, &[a, b]),
            BinaryOp::Multiply => self.node(Op::Multiply, &[a, b]),
            BinaryOp::Divide => self.node(Op::Divide, &[a, b]),
            BinaryOp::Power => self.power(a, b),
            BinaryOp::And => self.node(Op::Min, &[a, b]),
            BinaryOp::Or => self.node(Op::Max, &[a, b]),
            BinaryOp::Less => self.node(Op::Less, &[a, b]),
            BinaryOp::AtMost => self.node(Op::AtMost, &[a, b]),
            BinaryOp::Greater => self.node(Op::Less, &[b, a]),
            BinaryOp::AtLeast => self.node(Op::AtMost, &[b, a]),
            BinaryOp::Equal => self.node(Op::Equal, &[a, b]),
            BinaryOp::NotEqual => {
                let equal = self.node(Op::Equal, &[a, b]);
                self.negation(equal)
            }
        }
    }

    fn negation(&mut self, truth: Operand) -> Operand {
        self.node(Op::Subtract, &[Operand::constant(1.0), truth])
    }

    fn power(&mut self, base: Operand, exponent: Operand) -> Operand {
        let Some(constant) = exponent.value() else {
            return self.node(Op::Power, &[base, exponent]);
        };
        if constant.fract() == 0.0 && constant.abs() <= f64::from(LARGEST_MULTIPLIED_POWER) {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a whole number of at most two digits"
            )]
            return self.multiplied(base, constant as i32);
        }
        #[expect(clippy::float_cmp, reason = "one half is exact")]
        if constant == 0.5 {
            return self.node(Op::Sqrt, &[base]);
        }
        self.node(Op::Power, &[base, exponent])
    }

    /// A whole power by repeated squaring, whose steps other powers of the same base share.
    fn multiplied(&mut self, base: Operand, exponent: i32) -> Operand {
        let (mut power, mut square) = (None, base);
        let mut rest = exponent.unsigned_abs();
        while rest > 0 {
            if rest & 1 == 1 {
                power = Some(match power {
                    None => square,
                    Some(power) => self.node(Op::Multiply, &[power, square]),
                });
            }
            rest >>= 1;
            if rest > 0 {
                square = self.node(Op::Multiply, &[square, square]);
            }
        }
        let one = Operand::constant(1.0);
        match power {
            None => one,
            Some(power) if exponent < 0 => self.node(Op::Divide, &[one, power]),
            Some(power) => power,
        }
    }

    fn call(&mut self, function: Function, arguments: &[Expr], whole: &Expr) -> Result<Operand, Fault> {
        let one = Operand::constant(1.0);
        match (function, arguments) {
            (Function::Abs, [x]) => self.unary(Op::Abs, x),
            (Function::Sqrt, [x]) => self.unary(Op::Sqrt, x),
            (Function::Round, [x, quantum]) => self.binary_call(Op::Round, x, quantum),
            (Function::Share | Function::PerCapita, [part, whole]) => {
                self.binary_call(Op::Divide, part, whole)
            }
            (Function::Min, [first, rest @ ..]) => self.folded(Op::Min, first, rest),
            (Function::Max, [first, rest @ ..]) => self.folded(Op::Max, first, rest),
            (Function::Fx, [amount, rate]) => self.fx(amount, rate),
            (Function::AsFy | Function::AsCy, [x]) => self.operand(x),
            (Function::Years, [from, to]) => match self.years(from, to) {
                Some(years) => Ok(Operand::constant(f64::from(years))),
                None => self.constant(whole),
            },
            (Function::Project, [base, rate, from, to]) => {
                let Some(years) = self.years(from, to) else {
                    return self.constant(whole);
                };
                let (base, rate) = (self.operand(base)?, self.operand(rate)?);
                let growth = self.node(Op::Add, &[one, rate]);
                let factor = self.power(growth, Operand::constant(f64::from(years)));
                Ok(self.node(Op::Multiply, &[base, factor]))
            }
            (Function::Cagr, [from, to, start, end]) => {
                let Some(years) = self.years(start, end) else {
                    return self.constant(whole);
                };
                let ratio = self.binary_call(Op::Divide, to, from)?;
                let factor = self.power(ratio, Operand::constant(1.0 / f64::from(years)));
                Ok(self.node(Op::Subtract, &[factor, one]))
            }
            (Function::Line, [from, to, start, end, at]) => {
                let (Some(span), Some(run)) = (self.years(start, end), self.years(start, at)) else {
                    return self.constant(whole);
                };
                let (from, to) = (self.operand(from)?, self.operand(to)?);
                let rise = self.node(Op::Subtract, &[to, from]);
                let part = self.node(
                    Op::Multiply,
                    &[rise, Operand::constant(f64::from(run) / f64::from(span))],
                );
                Ok(self.node(Op::Add, &[from, part]))
            }
            (Function::Yoy, [series, at]) => {
                let Some(at) = self.period(at) else {
                    return self.constant(whole);
                };
                let now = self.observation(series, at, whole)?;
                let before = self.observation(series, at.shift(-1), whole)?;
                let ratio = self.node(Op::Divide, &[now, before]);
                Ok(self.node(Op::Subtract, &[ratio, one]))
            }
            (Function::MovingTotal, [series, years, last]) => {
                let (years, last) = (self.operand(years)?.value(), self.period(last));
                let (Some(years), Some(last)) = (years.and_then(whole_number), last) else {
                    return self.constant(whole);
                };
                let mut total = self.observation(series, last, whole)?;
                for back in 1..years {
                    let observation = self.observation(series, last.shift(-back), whole)?;
                    total = self.node(Op::Add, &[total, observation]);
                }
                Ok(total)
            }
            (Function::Last, [series, rest @ ..]) => {
                let until = rest.first().map(|until| self.period(until));
                if let (ExprKind::Name(name), false) = (&series.kind, until == Some(None))
                    && let Some(period) = self.bind.latest(name, until.flatten())
                {
                    return self.observation(series, period, whole);
                }
                self.constant(whole)
            }
            _ => self.constant(whole),
        }
    }

    fn unary(&mut self, op: Op, x: &Expr) -> Result<Operand, Fault> {
        let x = self.operand(x)?;
        Ok(self.node(op, &[x]))
    }

    fn binary_call(&mut self, op: Op, a: &Expr, b: &Expr) -> Result<Operand, Fault> {
        let (a, b) = (self.operand(a)?, self.operand(b)?);
        Ok(self.node(op, &[a, b]))
    }

    fn folded(&mut self, op: Op, first: &Expr, rest: &[Expr]) -> Result<Operand, Fault> {
        let first = self.operand(first)?;
        rest.iter().try_fold(first, |a, b| {
            let b = self.operand(b)?;
            Ok(self.node(op, &[a, b]))
        })
    }

    fn fx(&mut self, amount: &Expr, rate: &Expr) -> Result<Operand, Fault> {
        let scope: &dyn Scope = self.bind;
        let (Type::Quantity(from), Type::Quantity(by)) = (check(amount, scope)?, check(rate, scope)?) else {
            return self.constant(amount);
        };
        match exchange(&from.dim, &by.dim) {
            Some(Exchange::Times) => self.binary_call(Op::Multiply, amount, rate),
            Some(Exchange::Over) => self.binary_call(Op::Divide, amount, rate),
            None => Err(no_exchange(&from.dim, &by.dim, &rate.span)),
        }
    }

    /// The period that an expression is, if it is the same for every lane.
    fn period(&mut self, expr: &Expr) -> Option<Period> {
        match &expr.kind {
            ExprKind::Period(period) => Some(*period),
            ExprKind::At => self.bind.at(),
            ExprKind::Binary(op @ (BinaryOp::Add | BinaryOp::Subtract), period, years) => {
                let period = self.period(period)?;
                if self.period(years).is_some() {
                    None
                } else {
                    self.shifted(period, *op, years)
                }
            }
            ExprKind::Call(function @ (Function::AsFy | Function::AsCy), arguments, _) => {
                let calendar = if *function == Function::AsFy {
                    Calendar::Fiscal
                } else {
                    Calendar::Calendar
                };
                self.period(arguments.first()?)
                    .map(|period| Period { calendar, ..period })
            }
            _ => None,
        }
    }

    fn shifted(&mut self, period: Period, op: BinaryOp, years: &Expr) -> Option<Period> {
        let years = whole_number(self.operand(years).ok()?.value()?)?;
        Some(period.shift(if op == BinaryOp::Subtract { -years } else { years }))
    }

    fn years(&mut self, from: &Expr, to: &Expr) -> Option<i32> {
        let from = self.period(from)?;
        from.years_until(self.period(to)?)
    }

    /// The operand that an operation gives: folded if constant, shared if it was there before.
    fn node(&mut self, op: Op, operands: &[Operand]) -> Operand {
        let mut inputs = [Operand::constant(0.0); 3];
        inputs[..operands.len()].copy_from_slice(operands);
        if let [Some(a), Some(b), Some(c)] = inputs.map(Operand::value) {
            return Operand::constant(op.apply([a, b, c]));
        }
        if op.commutes() && inputs[1] < inputs[0] {
            inputs.swap(0, 1);
        }
        let neutral = match op {
            Op::Multiply => Some((Operand::constant(1.0), inputs[1])),
            Op::Add => Some((Operand::constant(0.0), inputs[1])),
            _ => None,
        };
        if let Some((neutral, other)) = neutral
            && inputs[0] == neutral
        {
            return other;
        }
        let node = Node { op, inputs };
        let next = self.nodes.len();
        let index = *self.known.entry(node).or_insert(next);
        if index == next {
            self.nodes.push(node);
        }
        Operand::Node(index)
    }
}

fn whole_number(value: f64) -> Option<i32> {
    let whole = value.fract() == 0.0 && value.abs() < 10_000.0;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a whole number of at most four digits"
    )]
    whole.then_some(value as i32)
}

impl From<Slot> for Operand {
    fn from(slot: Slot) -> Self {
        match slot {
            Slot::Const(value) => Self::constant(value),
            Slot::Column(column) => Self::Column(column),
        }
    }
}

/// An operand of one block.
#[derive(Clone, Copy)]
enum Lanes<'a> {
    Same(f64),
    Each(&'a [f64]),
}

impl Program {
    /// Runs over all lanes: `columns` as the slots number them, one slice of `out` for each output. The number of lanes is that of
    /// the shortest slice among them; a column that is missing is NaN.
    pub fn run(&self, columns: &[&[f64]], out: &mut [&mut [f64]]) {
        let lengths = columns
            .iter()
            .map(|column| column.len())
            .chain(out.iter().map(|out| out.len()));
        let lanes = lengths.min().unwrap_or(0);
        let mut registers: Vec<Vec<f64>> = vec![vec![0.0; BLOCK.min(lanes)]; self.registers];
        for start in (0..lanes).step_by(BLOCK) {
            let block = start..(start + BLOCK).min(lanes);
            for instruction in &self.instructions {
                // Taken out while it is written, so that the other registers can be read.
                let mut kept = std::mem::take(&mut registers[instruction.register]);
                let inputs = instruction.node.inputs.map(|input| match input {
                    Operand::Const(bits) => Lanes::Same(f64::from_bits(bits)),
                    Operand::Column(column) => columns.get(column).map_or(Lanes::Same(f64::NAN), |column| {
                        Lanes::Each(&column[block.clone()])
                    }),
                    Operand::Node(register) => Lanes::Each(&registers[register][..block.len()]),
                });
                match (&instruction.outputs[..], instruction.read) {
                    (&[output], false) if output < out.len() => {
                        compute(instruction.node.op, &mut out[output][block.clone()], inputs);
                    }
                    (outputs, _) => {
                        compute(instruction.node.op, &mut kept[..block.len()], inputs);
                        for &output in outputs {
                            if let Some(out) = out.get_mut(output) {
                                out[block.clone()].copy_from_slice(&kept[..block.len()]);
                            }
                        }
                    }
                }
                registers[instruction.register] = kept;
            }
        }
        for &(output, operand) in &self.plain {
            let Some(out) = out.get_mut(output) else { continue };
            match operand {
                Operand::Column(column) if column < columns.len() => {
                    out[..lanes].copy_from_slice(&columns[column][..lanes]);
                }
                other => out[..lanes].fill(other.value().unwrap_or(f64::NAN)),
            }
        }
    }
}

/// One operation over a block. Each arm is a loop of its own, so that the compiler can vectorise it.
fn compute(op: Op, target: &mut [f64], [a, b, c]: [Lanes<'_>; 3]) {
    macro_rules! each_of {
        ($($op:ident),*) => {
            match op {
                $(Op::$op => each(target, a, b, |a, b| Op::$op.apply([a, b, 0.0])),)*
                Op::Select => {
                    each(target, a, b, |_, then| then);
                    select(target, a, c);
                }
            }
        };
    }
    each_of!(
        Add, Subtract, Multiply, Divide, Power, Min, Max, Round, Less, AtMost, Equal, Negate, Abs, Sqrt
    );
}

fn each(target: &mut [f64], a: Lanes<'_>, b: Lanes<'_>, f: impl Fn(f64, f64) -> f64) {
    match (a, b) {
        (Lanes::Each(a), Lanes::Each(b)) => {
            for ((target, &a), &b) in target.iter_mut().zip(a).zip(b) {
                *target = f(a, b);
            }
        }
        (Lanes::Each(a), Lanes::Same(b)) => {
            for (target, &a) in target.iter_mut().zip(a) {
                *target = f(a, b);
            }
        }
        (Lanes::Same(a), Lanes::Each(b)) => {
            for (target, &b) in target.iter_mut().zip(b) {
                *target = f(a, b);
            }
        }
        (Lanes::Same(a), Lanes::Same(b)) => target.fill(f(a, b)),
    }
}

/// Where the condition is 0, takes the lane of `otherwise`.
fn select(target: &mut [f64], condition: Lanes<'_>, otherwise: Lanes<'_>) {
    for (lane, target) in target.iter_mut().enumerate() {
        *target = choose(condition.lane(lane), *target, otherwise.lane(lane));
    }
}

impl Lanes<'_> {
    fn lane(self, lane: usize) -> f64 {
        match self {
            Self::Same(value) => value,
            Self::Each(values) => values[lane],
        }
    }
}
