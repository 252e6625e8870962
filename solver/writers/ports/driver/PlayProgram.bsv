// Plays a program against the accelerator and compares every result with the expected one.
//
// The memories are the *.vmh files of this folder; what their bits mean is in docs/reference/files.md of
// maeri-solver. Compiled for one array (AcceleratorConfig.bsv) and one program (ProgramSizes.bsv).
//
// It prints, in cycles since the first configuration of the multipliers:
//   result CYCLE BUS VALUE          every value that leaves a bus, in hexadecimal
//   wrong CYCLE BUS ORDER VALUE EXPECTED
//   hang CYCLE INSTRUCTION          nothing happened for 65536 cycles
//   end CYCLE TOTAL right|wrong     TOTAL includes the 13 cycles of start-up that the cost model counts
import Vector::*;
import RegFile::*;

import AcceleratorConfig::*;
import ProgramSizes::*;

import DataTypes::*;
import GenericInterface::*;
import DN_Types::*;
import MN_Types::*;
import RN_Types::*;
import SU_Types::*;
import MN_MultiplierNetwork::*;
import RN_ReductionNetwork::*;
import CR_RN_ConfigurationMemory::*;
import MAERI_Accelerator::*;

typedef Bit#(32) Word;

typedef enum { Stop, Configure, PutWeights, PutInputs, Empty, Results } Op deriving (Bits, Eq);

typedef struct {
  Bit#(4)  op;
  Bit#(28) first;
  Word     count;
  Word     offset;
} Instruction deriving (Bits, Eq);

typedef struct {
  Word first;
  Word last;
  Word count;
  Word weightStep;
  Word inputStep;
} LoopRow deriving (Bits, Eq);

typedef struct {
  Bit#(TMul#(4, TDiv#(DN_SubTreeSz, 4))) mask;
  Word address;
} Slot deriving (Bits, Eq);

typedef Vector#(DistributionBandwidth, Slot) PutRow;

typedef struct {
  Bit#(16)  active;
  MN_Config settings;
} MultiplierRow deriving (Bits, Eq);

(* synthesize *)
module mkPlayProgram();
  MAERI_Accelerator dut <- mkMAERI_Accelerator;
  CR_RN_ConifgurationMemory tree <- mkCR_RN_ConfigurationMemory;

  RegFile#(Word, Instruction) instructions <- mkRegFileLoad("program.vmh", 0, fromInteger(programRows - 1));
  RegFile#(Word, LoopRow) loopRows <- mkRegFileLoad("loops.vmh", 0, fromInteger(valueOf(NumLoops) - 1));
  RegFile#(Word, PutRow) puts <- mkRegFileLoad("puts.vmh", 0, fromInteger(putRows - 1));
  RegFile#(Word, MultiplierRow) multipliers
    <- mkRegFileLoad("multipliers.vmh", 0, fromInteger(multiplierRows - 1));
  // A register file is read in five places at most: ports and buses share copies.
  Vector#(TDiv#(DistributionBandwidth, 5), RegFile#(Word, Data)) weights
    <- replicateM(mkRegFileLoad("weights.vmh", 0, fromInteger(weightWords - 1)));
  Vector#(TDiv#(DistributionBandwidth, 5), RegFile#(Word, Data)) inputs
    <- replicateM(mkRegFileLoad("inputs.vmh", 0, fromInteger(inputWords - 1)));
  Vector#(TDiv#(CollectionBandwidth, 5), RegFile#(Word, Data)) expected
    <- replicateM(mkRegFileLoad("expected.vmh", 0, fromInteger(resultWords - 1)));

  Vector#(NumLoops, Reg#(LoopRow)) loops <- replicateM(mkRegU);
  Vector#(NumLoops, Reg#(Word)) done <- replicateM(mkReg(0));
  Reg#(Word) loopsRead <- mkReg(0);
  Reg#(Bool) treeReady <- mkReg(False);

  Reg#(Word) pc <- mkReg(0);
  Reg#(Word) row <- mkReg(0);
  Reg#(Word) weightBase <- mkReg(0);
  Reg#(Word) inputBase <- mkReg(0);
  Reg#(Word) cycle <- mkReg(0);
  Reg#(Word) lastAction <- mkReg(0);
  Reg#(Word) idle <- mkReg(0);

  Vector#(CollectionBandwidth, Reg#(Word)) order <- replicateM(mkReg(0));
  Vector#(CollectionBandwidth, Reg#(Bool)) differs <- replicateM(mkReg(False));
  Vector#(CollectionBandwidth, PulseWire) came <- replicateM(mkPulseWire);
  Reg#(Word) waiting <- mkReg(0);
  RWire#(Word) taken <- mkRWire;
  PulseWire acted <- mkPulseWireOR;

  Instruction now = instructions.sub(pc);
  Bool running = treeReady && loopsRead == fromInteger(valueOf(NumLoops));

  function Bool doing(Op op) = running && now.op == zeroExtend(pack(op));

  function Word arrived();
    Word sum = 0;
    for (Integer bus = 0; bus < valueOf(CollectionBandwidth); bus = bus + 1)
      sum = sum + (came[bus] ? 1 : 0);
    return sum;
  endfunction

  // Go on to the next instruction: back to the first one of the innermost loop that ends here and is not done.
  function Action advance();
    action
      Word next = pc + 1;
      Word weight = weightBase;
      Word ipt = inputBase;
      Bool open = True;
      for (Integer n = valueOf(NumLoops) - 1; n >= 0; n = n - 1)
        if (open && loops[n].last == pc) begin
          if (done[n] + 1 < loops[n].count) begin
            done[n] <= done[n] + 1;
            weight = weight + loops[n].weightStep;
            ipt = ipt + loops[n].inputStep;
            next = loops[n].first;
            open = False;
          end
          else begin
            done[n] <= 0;
            weight = weight - loops[n].weightStep * done[n];
            ipt = ipt - loops[n].inputStep * done[n];
          end
        end
      pc <= next;
      weightBase <= weight;
      inputBase <= ipt;
      acted.send;
    endaction
  endfunction

  rule readLoops (loopsRead < fromInteger(valueOf(NumLoops)));
    loops[loopsRead] <= loopRows.sub(loopsRead);
    loopsRead <= loopsRead + 1;
  endrule

  rule configureTree (!treeReady);
    let modes <- tree.getRN_Config;
    dut.controlPorts.rnControlPorts.putConfig(modes);
    treeReady <= True;
  endrule

  for (Integer bus = 0; bus < valueOf(CollectionBandwidth); bus = bus + 1)
    rule collect (running);
      let value <- dut.outputDataPorts[bus].getData;
      Data wanted = expected[bus / 5].sub(fromInteger(firstResult(bus)) + order[bus]);
      $display("result %0d %0d %h", cycle, bus, value);
      if (order[bus] >= fromInteger(results(bus)) || value != wanted) begin
        $display("wrong %0d %0d %0d %h %h", cycle, bus, order[bus], value, wanted);
        differs[bus] <= True;
      end
      order[bus] <= order[bus] + 1;
      came[bus].send;
    endrule

  rule configure (doing(Configure));
    let setting = multipliers.sub(zeroExtend(now.first));
    dut.controlPorts.mnControlPorts.putConfig(setting.settings, zeroExtend(setting.active));
    advance;
  endrule

  rule put (doing(PutWeights) || doing(PutInputs));
    let slots = puts.sub(zeroExtend(now.first) + row);
    for (Integer port = 0; port < valueOf(DistributionBandwidth); port = port + 1)
      if (slots[port].mask != 0) begin
        Word at = now.offset + slots[port].address;
        Data word = doing(PutWeights) ? weights[port / 5].sub(weightBase + at)
                                         : inputs[port / 5].sub(inputBase + at);
        dut.controlPorts.dnControlPorts[port].putConfig(truncate(slots[port].mask));
        dut.inputDataPorts[port].putData(word);
      end
    if (row + 1 == now.count) begin
      row <= 0;
      advance;
    end
    else begin
      row <= row + 1;
      acted.send;
    end
  endrule

  rule untilEmpty (doing(Empty) && dut.controlPorts.isReadyForNextConfig);
    advance;
  endrule

  rule untilResults (doing(Results) && waiting + arrived >= now.count);
    taken.wset(now.count);
    advance;
  endrule

  rule countResults (running);
    waiting <= waiting + arrived - fromMaybe(0, taken.wget);
  endrule

  rule count (running);
    cycle <= cycle + 1;
  endrule

  rule watch (running);
    if (acted)
      lastAction <= cycle;
    idle <= acted || arrived != 0 ? 0 : idle + 1;
  endrule

  rule hang (running && idle > 65536);
    $display("hang %0d %0d", cycle, pc);
    $finish(1);
  endrule

  // Some cycles later, so that values that nobody waits for are seen.
  rule stop (doing(Stop) && idle >= 64);
    Bool right = True;
    for (Integer bus = 0; bus < valueOf(CollectionBandwidth); bus = bus + 1)
      if (differs[bus] || order[bus] != fromInteger(results(bus)))
        right = False;
    $display("end %0d %0d ", lastAction + 1, lastAction + 14, right ? $format("right") : $format("wrong"));
    $finish(right ? 0 : 1);
  endrule
endmodule
